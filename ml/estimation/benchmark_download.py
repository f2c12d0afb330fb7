"""Fetching the files of the benchmark, and keeping them for a while.

What belongs here: one address a country, a file beside it, and what to say when the network does not answer. What does
not: what the files mean (`benchmark`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ml.estimation.benchmark import benchmark_file
from storage.atomic import write_text_atomically

ADDRESS = (
    "https://raw.githubusercontent.com/hiring-lab/job_postings_tracker/master/"
    "{country}/aggregate_job_postings_{country}.csv"
)
KEPT_SECONDS = 7 * 24 * 3600
"""Indeed Hiring Lab publishes once a week."""

MOST_BYTES = 20_000_000
TIMEOUT_SECONDS = 30.0


@dataclass
class Fetched:
    """The files that are at hand, and what to say of those that are not."""

    paths: list[Path] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def local_files(place: Path, countries: Sequence[str]) -> Fetched:
    """The countries' files in a folder, or the one file; what is missing is said."""
    if place.is_file():
        return Fetched([place])
    found = Fetched()
    for country in countries:
        path = place / benchmark_file(country)
        if path.is_file():
            found.paths.append(path)
        else:
            found.messages.append(f"{path}: not there; there is no benchmark for {country}")
    return found


def download(
    folder: Path, countries: Sequence[str], address: str = ADDRESS, *, client: object | None = None
) -> Fetched:
    """Fetch the countries' files into `folder`; a file younger than a week is taken as it is.

    An older file serves on where the network does not answer. Never raises for a fault of the network. `client` is an
    httpx.Client, for tests.
    """
    import httpx

    found = Fetched()
    session = client if isinstance(client, httpx.Client) else httpx.Client(timeout=TIMEOUT_SECONDS)
    with session as http:
        for country in countries:
            path = folder / benchmark_file(country)
            if path.is_file() and time.time() - path.stat().st_mtime < KEPT_SECONDS:
                found.paths.append(path)
                continue
            url = address.replace("{country}", country)
            try:
                text = _text(http, url)
            except (httpx.HTTPError, ValueError) as error:
                said = f"{url}: {error or type(error).__name__}"
                if path.is_file():
                    found.paths.append(path)
                    said += "; the file fetched earlier is used"
                else:
                    said += f"; there is no benchmark for {country}"
                found.messages.append(said)
                continue
            folder.mkdir(parents=True, exist_ok=True)
            write_text_atomically(path, text)
            found.paths.append(path)
    return found


def _text(http: object, url: str) -> str:
    import httpx

    assert isinstance(http, httpx.Client)  # noqa: S101  (said for the type checker)
    with http.stream("GET", url, follow_redirects=True) as answer:
        answer.raise_for_status()
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError(f"the answer is longer than {MOST_BYTES} bytes")
    return body.decode("utf-8-sig")
