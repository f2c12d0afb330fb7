"""Several answers to a task become one label with a confidence.

What belongs here: the choice between aggregators of crowd-kit, and how ties and repeated answers are settled.
What does not: reading answers, or learning from the labels.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal, get_args

import pyarrow as pa

from ml.schema import LABELS
from storage import fingerprint

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["majority", "dawid_skene_one_coin"]

# The probabilities of tied titles differ in their last digits by the order of additions.
TIE = 9


def consensus(answers: pa.Table, method: Method, taxonomy_version: str) -> pa.Table:
    """One label per task, sorted by task id, in the schema LABELS.

    The label version is the fingerprint of the labels themselves: not of the answers, whose workers have other
    pseudonyms wherever another key is used.

    answers: columns task_id, worker, title_id, answered_at. Where a worker answered a task more than once, the
    latest answer counts. confidence is the aggregator's probability of the label (for `majority` the share
    of the votes), agreement the share of the votes for it. Ties go to the title answered more often over all
    tasks, then to the first id in the alphabet.

    `dawid_skene_one_coin`: each worker has one accuracy, errors are uniform over the other titles (crowd-kit,
    after Zhang et al., JMLR 17, 2016). Raises ValueError for an unknown method.
    """
    import pandas as pd

    if method not in get_args(Method):
        raise ValueError(f"unknown consensus method {method!r}; choose one of {', '.join(get_args(Method))}")
    if answers.num_rows == 0:
        return LABELS.empty_table()
    votes = _latest_votes(answers)
    frame = votes.rename(columns={"task_id": "task", "title_id": "label"})
    probabilities = _probabilities(frame, method)
    popularity = votes["title_id"].value_counts()
    order = sorted(probabilities.columns, key=lambda title: (-int(popularity[title]), title))
    probabilities = probabilities[order].sort_index()
    # argmax takes the first of equals, and the columns stand in the order that settles ties.
    places = probabilities.round(TIE).to_numpy().argmax(axis=1)
    chosen = pd.Series([order[place] for place in places], index=probabilities.index)
    sizes = votes.groupby("task_id").size().reindex(chosen.index)
    agreeing = votes["title_id"] == votes["task_id"].map(chosen)
    agreement = agreeing.groupby(votes["task_id"]).mean().reindex(chosen.index)
    # Rounded, because the last digits depend on the order of the workers, and so on their pseudonyms.
    confidence = probabilities.to_numpy()[range(len(places)), places].round(TIE).clip(0.0, 1.0)
    columns = {
        "posting_id": list(chosen.index),
        "title_id": list(chosen),
        "confidence": confidence.tolist(),
        "answers": sizes.to_numpy("int32").tolist(),
        "agreement": agreement.to_numpy("float64").round(TIE).tolist(),
        "method": [method] * len(chosen),
        "taxonomy_version": [taxonomy_version] * len(chosen),
    }
    columns["label_version"] = [fingerprint("labels", columns)] * len(chosen)
    return pa.Table.from_pydict(columns, schema=LABELS)


def _latest_votes(answers: pa.Table) -> pd.DataFrame:
    frame = answers.select(["task_id", "worker", "title_id", "answered_at"]).to_pandas()
    # The title id settles two answers of the same instant, so that the order of the rows never matters.
    frame = frame.sort_values(["task_id", "worker", "answered_at", "title_id"], kind="stable")
    return frame.drop_duplicates(["task_id", "worker"], keep="last").reset_index(drop=True)


def _probabilities(frame: pd.DataFrame, method: str) -> pd.DataFrame:
    """Probabilities of shape (tasks, titles), indexed by task."""
    from crowdkit.aggregation import MajorityVote

    from ml.labels.one_coin import FastOneCoinDawidSkene

    aggregator = MajorityVote() if method == "majority" else FastOneCoinDawidSkene(n_iter=100)
    with warnings.catch_warnings():
        # crowd-kit 1.4.2 uses arguments that pandas 4 will drop: hundreds of warnings, nothing for a user to do.
        warnings.simplefilter("ignore", DeprecationWarning)
        return aggregator.fit_predict_proba(frame[["task", "worker", "label"]]).fillna(0.0)
