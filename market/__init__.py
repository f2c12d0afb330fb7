"""Synthetic labour markets whose truth is known.

What belongs here: planting a truth (growth per title, skill per worker) and writing what a source would have
given of it. What does not: reading postings, labelling or estimating; nothing here is imported by those stages.
"""

from market.generate import GeneratedMarket, generate_market
from market.spec import MarketSpec, MarketSpecError

__all__ = ["GeneratedMarket", "MarketSpec", "MarketSpecError", "generate_market"]
