"""Crowd answers become consensus labels.

What belongs here: reading answer files, making worker ids pseudonyms, aggregating several answers into one
label with a confidence. What does not: which postings are sent to the crowd, and what is trained on the labels.
"""

from ml.labels.answers import AnswersFileError, AnswersRead
from ml.labels.answers_file import read_answers_file
from ml.labels.consensus import consensus
from ml.labels.mturk import read_mturk_batch
from ml.labels.pseudonyms import worker_pseudonym

__all__ = [
    "AnswersFileError",
    "AnswersRead",
    "consensus",
    "read_answers_file",
    "read_mturk_batch",
    "worker_pseudonym",
]
