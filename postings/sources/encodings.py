"""Which encoding a text file is in, for studies that say `encoding: auto`.

What belongs here: byte order marks, the shape of UTF-16, UTF-8, and a guess for the rest. What does not: decoding.

UTF-8 is recognised by its rules, not guessed: other text hardly ever obeys them. For the rest charset-normalizer
chooses among the encodings in which job postings are really found, from lines that are not plain ASCII.
"""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO

from charset_normalizer import from_bytes

AUTO = "auto"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32's little-endian mark begins with that of UTF-16, so it comes first."""

_CANDIDATES = ["gb18030", "cp1252", "big5", "cp932", "cp949", "cp1250", "cp1251", "cp1253", "cp1254"]
"""In the order of preference where two explain the same bytes equally well."""

_PIECE = 1 << 18
_SEARCHED_BYTES = 1 << 26
"""How far to look for the first byte that is not ASCII."""

_TELLING_BYTES = 1 << 15
_NEAR = 0.02


def _telling_lines(stream: BinaryIO) -> bytes:
    """Complete lines that hold bytes beyond ASCII, about 32 kB of them at most."""
    found: list[bytes] = []
    size = seen = 0
    while size < _TELLING_BYTES and seen < _SEARCHED_BYTES and (piece := stream.read(_PIECE)):
        seen += len(piece)
        if piece.isascii():
            continue
        piece += stream.readline(_PIECE)
        for line in piece.split(b"\n"):
            if not line.isascii() and size < _TELLING_BYTES:
                found.append(line[:_TELLING_BYTES])
                size += len(found[-1])
    return b"\n".join(found)


def _is_utf8(lines: bytes) -> bool:
    """Whether nearly all lines are UTF-8: one damaged line does not make a file something else."""
    parts = lines.split(b"\n")
    bad = 0
    for part in parts:
        try:
            # A long line may be cut inside a character.
            codecs.getincrementaldecoder("utf-8")().decode(part, final=len(part) < _TELLING_BYTES)
        except UnicodeDecodeError:
            bad += 1
    return bad * 10 <= len(parts)


def _wide_without_mark(beginning: bytes) -> str | None:
    """UTF-16 without a byte order mark: every second byte of the header line is zero."""
    sample = beginning[:512]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if odd * 3 > half and not even:
        return "utf-16-le"
    if even * 3 > half and not odd:
        return "utf-16-be"
    return None


def detect_encoding(stream: BinaryIO) -> str:
    """The name of a Python codec for a seekable binary stream, which stands at its start again.

    `utf-8` for plain ASCII and for bytes that no candidate explains (reading then sets the records aside).
    """
    beginning = stream.read(512)
    stream.seek(0)
    for mark, name in _MARKS:
        if beginning.startswith(mark):
            return name
    wide = _wide_without_mark(beginning)
    if wide is not None:
        return wide
    lines = _telling_lines(stream)
    stream.seek(0)
    if not lines or _is_utf8(lines):
        return "utf-8"
    matches = list(from_bytes(lines, cp_isolation=_CANDIDATES))
    if not matches:
        return "utf-8"
    least = min(match.chaos for match in matches)
    clear = [match for match in matches if match.chaos <= least + _NEAR]
    readable = max(round(match.coherence, 1) for match in clear)
    names = {
        name
        for match in clear
        if round(match.coherence, 1) >= readable
        for name in (match.encoding, *match.could_be_from_charset)
    }
    return next((name for name in _CANDIDATES if name in names), "utf-8")


class AsUtf8(io.RawIOBase):
    """Text in a wide encoding (UTF-16, UTF-32) as UTF-8 bytes, so that it can be read line by line.

    What is no text in the encoding becomes U+FFFD. Only `seek(0)` is possible, as the readers need.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._rewind()

    def _rewind(self) -> None:
        self._stream.seek(0)
        self._decoder = codecs.getincrementaldecoder(self._encoding)(errors="replace")
        self._ready = b""
        self._ended = False
        self._position = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True, for position 0."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Back to the start. Raises io.UnsupportedOperation for any other position."""
        if whence == io.SEEK_CUR and not offset:
            return self._position
        if offset or whence:
            raise io.UnsupportedOperation("only seek(0)")
        self._rewind()
        return 0

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`; the number of bytes, 0 at the end."""
        while not self._ready and not self._ended:
            piece = self._stream.read(_PIECE)
            self._ended = not piece
            text = self._decoder.decode(piece, final=self._ended)
            self._ready = text.encode("utf-8", errors="replace")
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        self._position += count
        return count


def is_wide(encoding: str) -> bool:
    """Whether line ends of this encoding are not single bytes."""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
