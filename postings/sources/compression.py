"""Opening a file on disk, compressed or not.

What belongs here: gzip, zstd and the faults of damaged files. What does not: what the bytes mean.

zstd is read by Arrow, which is here anyway, works in bounded memory and says when a file was cut off.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from postings.sources.records import UnreadableFileError

SUFFIXES = (".gz", ".zst", ".zstd")


class DamagedZstdError(OSError):
    """Arrow could not decompress a zstd file to its end."""


class _Zstd(io.RawIOBase):
    """A zstd file, decompressed as it is read; it can be read again from its start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._file = pa.input_stream(str(path), compression="zstd")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR and not offset:
            return self._position
        if offset or whence:
            raise io.UnsupportedOperation("only seek(0)")
        self._position = 0
        self._file.close()
        self._file = pa.input_stream(str(self._path), compression="zstd")
        return 0

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._file.read(len(buffer))
        except (OSError, pa.ArrowException) as error:
            raise DamagedZstdError(str(error).splitlines()[0][:200] if str(error) else "zstd") from error
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


def compression_of(path: Path) -> str:
    """`.gz`, `.zst`, `.zstd`, or "" by the file's name."""
    suffix = path.suffix.lower()
    return suffix if suffix in SUFFIXES else ""


def _open(path: Path) -> BinaryIO:
    suffix = compression_of(path)
    if suffix == ".gz":
        return cast("BinaryIO", gzip.open(path))
    if suffix:
        return cast("BinaryIO", io.BufferedReader(_Zstd(path), 1 << 16))
    return path.open("rb")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's decompressed bytes, a stream that can seek to 0.

    Raises UnreadableFileError (`corrupt_gzip`, `corrupt_zstd`, `unreadable`), also while it is being read.
    """
    try:
        with _open(path) as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(
            "corrupt_gzip", f"{path.name}: damaged ({error}); fetch it again"
        ) from error
    except DamagedZstdError as error:
        raise UnreadableFileError(
            "corrupt_zstd", f"{path.name}: damaged ({error}); fetch it again"
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            "unreadable", f"{path.name}: cannot be read ({error.strerror or error})"
        ) from error
