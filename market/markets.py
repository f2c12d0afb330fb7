"""The markets there are, by name."""

from __future__ import annotations

from market.plan import Plan
from market.spec import CHINA_AI, MarketSpec


def plan_market(spec: MarketSpec) -> Plan:
    """The plan of the market that `spec` names."""
    if spec.name == CHINA_AI:
        from market.china_ai import plan_china_ai

        return plan_china_ai(spec)
    from market.worldwide import plan_worldwide

    return plan_worldwide(spec)
