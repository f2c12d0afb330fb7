"""The index behind the search box, as a script file (a page opened from disk cannot fetch JSON).

What belongs here: folding titles for substring search and encoding them safely. What does not: the box itself
(assets/report.js).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from report.headline import TitleRow

GLOBAL = "JOBTIDE_TITLES"


def folded(text: str) -> str:
    """Text as the search box compares it: compatibility forms joined (full-width letters), lower case.

    The page does the same to what is typed: `normalize("NFKC").toLowerCase()`.
    """
    return unicodedata.normalize("NFKC", text).lower()


def index_entries(titles: Iterable[TitleRow]) -> list[dict[str, str]]:
    """One entry a title: its identifier and the text to look in (English, Chinese, identifier, family)."""
    return [
        {
            "id": title.title_id,
            "text": folded("\n".join((title.english, title.chinese, title.title_id, title.family))),
        }
        for title in titles
    ]


def index_script(titles: Iterable[TitleRow]) -> str:
    """The script file: one assignment to a global."""
    return f"window.{GLOBAL} = {script_json(index_entries(titles))};\n"


def script_json(value: Any) -> str:
    """JSON that is safe inside a script: no character can end the element or the string.

    ASCII only, so U+2028 and U+2029 are escaped as well; <, > and & are escaped as `tojson` does.
    """
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
