"""Employer names, so that one employer has one id.

What belongs here: spelling. What does not: who owns whom.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LEGAL_FORMS = frozenset(
    "inc incorporated llc llp lp ltd limited plc corp corporation co company gmbh ag kg se sa sarl sas spa srl bv nv ab"
    " oy as aps pty pvt private bhd sdn".split()
)
_CHINESE_LEGAL_FORM = re.compile(r"(?:股份)?有限(?:责任)?公司$|股份公司$")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}", re.IGNORECASE)
_NOT_A_WORD = re.compile(r"[^\w&+#]+|_+")


def _without_legal_form(name: str) -> str:
    """The name less the legal form at its end, unless that is all there is."""
    first, _, last = name.rpartition(" ")
    if first and last in _LEGAL_FORMS:
        return first
    return _CHINESE_LEGAL_FORM.sub("", name).strip() or name


@lru_cache(maxsize=16_384)
def normalised_employer(name: str | None) -> str:
    """The name in one spelling: NFKC, case folded, without punctuation and legal form; "" where there is none.

    "ACME, Inc." and "Acme Inc" are one employer, 网思科技股份有限公司 and 网思科技 too. A name that is nothing but
    legal forms ("Company") stays as it is. Applying it again changes nothing.
    """
    if not name:
        return ""
    # Case folding can undo a composition and the other way round, hence twice.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name[:500]).casefold())
    folded = _DOTTED.sub(lambda match: match[0].replace(".", ""), folded)
    name = " ".join(_NOT_A_WORD.sub(" ", folded).split())
    while (shorter := _without_legal_form(name)) != name:
        name = shorter
    return name
