"""Worker ids become pseudonyms on the way in.

What belongs here: the keyed hash, and nothing that could undo it. Where the key is kept is the caller's affair.
"""

from __future__ import annotations

import hmac

MINIMUM_KEY_BYTES = 16


def worker_pseudonym(worker_id: str, key: bytes) -> str:
    """HMAC-SHA256 of a worker id, as 64 hex digits (RFC 2104).

    A plain hash could be undone by hashing all likely worker ids; without the key this one cannot. The same
    worker and key always give the same pseudonym, so a worker's answers in several batches stay together.
    Raises ValueError for an empty worker id or a key shorter than 16 bytes.
    """
    if len(key) < MINIMUM_KEY_BYTES:
        raise ValueError(
            f"the key for worker pseudonyms has {len(key)} bytes; give at least {MINIMUM_KEY_BYTES} random bytes"
        )
    if not worker_id:
        raise ValueError("an empty worker id has no pseudonym")
    return hmac.digest(key, worker_id.encode("utf-8", "surrogatepass"), "sha256").hex()
