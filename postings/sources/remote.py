"""Which files a path of a study means: one file, a wildcard, a folder, or an address that fsspec or the web knows.

What belongs here: finding files and bringing remote ones here, in bounded pieces. What does not: reading them.

Remote files are spooled to disk, because readers go back to a file's start, look into Parquet's footer, and hash what
they read. A spooled file is fetched again only when its size, date or tag changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec  # type: ignore[import-untyped]
import httpx

from postings.sources.compression import compression_of
from postings.sources.records import SourceError, UnreadableFileError
from storage import write_json_atomically
from storage.atomic import temporary_beside

_PIECE = 1 << 20
_WILDCARDS = frozenset("*?[")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.\-]*(?:::[a-z][a-z0-9+.\-]*)*://", re.IGNORECASE)
_IDENTITY_KEYS = (
    "ETag",
    "etag",
    "md5Hash",
    "content_md5",
    "size",
    "mtime",
    "LastModified",
    "last_modified",
    "created",
)
_WAIT_S = 60
USER_AGENT = "Jobtide (labour-market statistics)"

FORMATS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".json": "json",
    ".jsonl": "json_lines",
    ".ndjson": "json_lines",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".html": "html",
    ".htm": "html",
}
"""What a file is, by its name's ending."""


def known_format(path: Path) -> str | None:
    """The kind of file by its name, compression looked through; None for any other."""
    inner = Path(path.stem) if compression_of(path) else path
    kind = FORMATS.get(inner.suffix.lower())
    return None if kind == "parquet" and inner != path else kind


def is_address(path: str | Path) -> bool:
    """Whether a path is an address (s3://, memory://, https://, ...) and not a file on this machine."""
    return isinstance(path, str) and _ADDRESS.match(path) is not None


def _visible(relative: Path) -> bool:
    """Neither hidden nor a leftover or marker of some writer (.tmp-..., _SUCCESS)."""
    return not any(part.startswith((".", "_")) for part in relative.parts)


def _local(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        inner = (found for found in path.rglob("*") if _visible(found.relative_to(path)))
        return sorted(found for found in inner if found.is_file() and known_format(found))
    if path.is_file() or not _WILDCARDS & set(pattern):
        return [path] if path.is_file() else []
    absolute = path if path.is_absolute() else Path.cwd() / path
    anchor = Path(absolute.anchor)
    return sorted(found for found in anchor.glob(str(absolute.relative_to(anchor))) if found.is_file())


def expand(pattern: str, spool: Path | None = None) -> list[Path]:
    """The local files that a path of a study means, sorted; none for none.

    A folder stands for all files in it that Jobtide can read, hidden ones left out. Remote files are brought to the
    folder `spool` first. Raises SourceError for an address without `spool` or of an unknown kind, UnreadableFileError
    for a remote file that cannot be fetched.
    """
    if not is_address(pattern):
        return _local(pattern)
    if spool is None:
        raise SourceError(f"{_shown(pattern)}: a remote path needs a folder to spool to")
    return [_spooled(pattern, spool)] if _is_web(pattern) else _spooled_files(pattern, spool)


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _shown(address: str) -> str:
    """An address for messages: without what may be a secret (user, password, query)."""
    return re.sub(r"//[^/@]*@", "//", address.split("?")[0])[:300]


def _name_in(address: str) -> str:
    path = urlsplit(address).path if _is_web(address) else address
    name = unquote(path.rstrip("/").rsplit("/", 1)[-1])
    return re.sub(r"[^\w.\-]+", "_", name)[-150:] or "file"


def _place_of(address: str, spool: Path) -> Path:
    digest = hashlib.blake2b(address.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return spool / digest / _name_in(address)


def _known_identity(target: Path) -> Any:
    try:
        return json.loads((target.parent / ".identity.json").read_text("utf-8")) if target.is_file() else None
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _spooled_files(pattern: str, spool: Path) -> list[Path]:
    try:
        filesystem, path = fsspec.core.url_to_fs(pattern)
    except (ImportError, ValueError) as error:
        raise SourceError(f"{_shown(pattern)}: {error}") from error
    try:
        if _WILDCARDS & set(path):
            found = [name for name in filesystem.glob(path) if filesystem.isfile(name)]
        elif filesystem.isdir(path):
            base = path.rstrip("/")
            inner = (
                name for name in filesystem.find(path) if _visible(Path(name.removeprefix(base).lstrip("/")))
            )
            found = [name for name in inner if known_format(Path(_name_in(name)))]
        else:
            found = [path] if filesystem.exists(path) else []
        return [_spooled_file(filesystem, name, spool) for name in sorted(found)]
    except (OSError, RuntimeError) as error:
        raise UnreadableFileError(
            "unreadable", f"{_shown(pattern)}: cannot be fetched ({type(error).__name__}: {str(error)[:200]})"
        ) from error


def _spooled_file(filesystem: Any, name: str, spool: Path) -> Path:
    address = filesystem.unstrip_protocol(name)
    target = _place_of(address, spool)
    info = filesystem.info(name)
    tags = {key: str(info[key]) for key in _IDENTITY_KEYS if info.get(key) is not None}
    dated = tags if set(tags) - {"size"} else None  # a size alone does not tell a changed file
    if dated is None or _known_identity(target) != dated:
        with filesystem.open(name, "rb") as stream:
            _write(target, lambda: stream.read(_PIECE))
        write_json_atomically(target.parent / ".identity.json", dated)
    return target


def _write(target: Path, read: Callable[[], bytes]) -> None:
    with temporary_beside(target) as temporary, temporary.open("wb") as out:
        while piece := read():
            out.write(piece)


def _spooled(address: str, spool: Path, transport: httpx.BaseTransport | None = None) -> Path:
    """One file of the web, asked for only if it changed since."""
    target = _place_of(address, spool)
    known = _known_identity(target) or {}
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    headers |= {"If-None-Match": known["etag"]} if known.get("etag") else {}
    headers |= {"If-Modified-Since": known["last_modified"]} if known.get("last_modified") else {}
    try:
        with (
            httpx.Client(
                follow_redirects=True, timeout=_WAIT_S, transport=transport, max_redirects=5
            ) as client,
            client.stream("GET", address, headers=headers) as answer,
        ):
            if answer.status_code == httpx.codes.NOT_MODIFIED and target.is_file():
                return target
            answer.raise_for_status()
            pieces: Iterator[bytes] = answer.iter_raw(_PIECE)
            _write(target, lambda: next(pieces, b""))
            tags = {"etag": answer.headers.get("ETag"), "last_modified": answer.headers.get("Last-Modified")}
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        status = (
            error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        )
        raise UnreadableFileError("unreadable", f"{_shown(address)}: cannot be fetched ({status})") from error
    write_json_atomically(target.parent / ".identity.json", tags)
    return target


@contextmanager
def at_hand(path: Path | str, spool: Path) -> Iterator[Path]:
    """A local file for a path or an address of one file. Raises SourceError where an address means none or several."""
    if not is_address(path):
        yield Path(path)
        return
    files = expand(str(path), spool)
    if len(files) != 1:
        raise SourceError(f"{_shown(str(path))}: {len(files)} files, where one is meant; expand it first")
    yield files[0]
