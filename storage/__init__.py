"""Files on disk that survive interruption: atomic writes, manifests, locks and fingerprints.

What belongs here: how a table or a small file reaches the disk, and how a reader finds it.
What does not: what the tables mean. This is the bottom layer; it imports no other package of Jobtide.
"""

from storage.atomic import write_bytes_atomically, write_json_atomically, write_text_atomically
from storage.dataset import Dataset, DatasetError, Manifest
from storage.fingerprint import file_fingerprint, fingerprint
from storage.lock import LockedError, exclusive_lock

__all__ = [
    "Dataset",
    "DatasetError",
    "LockedError",
    "Manifest",
    "exclusive_lock",
    "file_fingerprint",
    "fingerprint",
    "write_bytes_atomically",
    "write_json_atomically",
    "write_text_atomically",
]
