"""The index behind the search box, as a script file (a page opened from disk cannot fetch JSON).

What belongs here: folding titles for substring search and encoding them safely. What does not: the box itself
(assets/report.js).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from report.headline import TitleRow

GLOBAL = "JOBTIDE_TITLES"
MONTHS = "JOBTIDE_MONTHS"


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


def months_script(
    titles: Iterable[TitleRow],
    by_month: Mapping[str, Mapping[str, int]],
    months: Sequence[str],
    windows: Sequence[tuple[str, str]],
) -> str:
    """The monthly counts behind the chart of any title: one assignment to a global.

    `by_month`: title to month to postings; `windows`: first and last month, the earlier window first.
    """
    content = {
        "months": list(months),
        "windows": [list(window) for window in windows],
        "titles": {
            title.title_id: {
                "name": title.name,
                "chinese": title.chinese if title.chinese != title.name else "",
                "postings": [by_month.get(title.title_id, {}).get(month, 0) for month in months],
            }
            for title in titles
        },
    }
    return f"window.{MONTHS} = {script_json(content)};\n"


def script_json(value: Any) -> str:
    """JSON that is safe inside a script: no character can end the element or the string.

    ASCII only, so U+2028 and U+2029 are escaped as well; <, > and & are escaped as `tojson` does.
    """
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
