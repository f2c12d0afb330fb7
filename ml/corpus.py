"""From rows of a dataset to the texts that the model reads.

What belongs here: which text a posting is known by, and finding the texts of labelled postings. What does not:
cleaning (done before) and embedding (done after).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

SEPARATOR = "\n"
MAXIMUM_CHARACTERS = 4_000
"""Longer texts are cut: a static encoder averages all tokens, and benefits stand at the end of an ad."""


def compose_texts(rows: pa.RecordBatch | pa.Table, fields: Sequence[str]) -> list[str]:
    """The text of each row: its non-empty `fields` in order, one a line, cut to MAXIMUM_CHARACTERS.

    Raises KeyError for a field that is no column.
    """
    columns = [rows.column(field).to_pylist() for field in fields]
    return [
        SEPARATOR.join(part for part in parts if part)[:MAXIMUM_CHARACTERS]
        for parts in zip(*columns, strict=True)
    ]


def labelled_corpus(posting_files: Sequence[str], labels: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The labelled postings with their texts: posting_id, title_id, confidence, employer_id, text.

    Ordered by posting id, so that the order of the files does not reach the model. A label whose posting is not
    there is left out (the caller compares the counts). DuckDB reads only the labelled rows' columns.
    """
    import duckdb

    wanted = list(dict.fromkeys(["employer_id", *fields]))
    columns = ", ".join(f'p."{name}"' for name in wanted)
    with duckdb.connect() as connection:
        connection.register("labels", labels)
        found = connection.execute(
            f"""
            select l.posting_id, l.title_id, l.confidence, {columns}
            from labels l join read_parquet($files) p using (posting_id)
            order by l.posting_id
            """,  # noqa: S608  (column names come from the study's checked list)
            {"files": list(posting_files)},
        ).to_arrow_table()
    texts = pa.array(compose_texts(found, fields), pa.string())
    return found.select(["posting_id", "title_id", "confidence", "employer_id"]).append_column("text", texts)


UNLABELLED, UNLABELLED_CHARACTERS = 20_000, 1_500
"""Texts, and characters of each, that an encoder made from the corpus learns from."""


def unlabelled_texts(
    posting_files: Sequence[str], fields: Sequence[str], limit: int = UNLABELLED
) -> list[str]:
    """The texts of `limit` postings, the same ones whatever the order of the files.

    Posting ids are hashes, so the first of them in order are a random sample.
    """
    import duckdb

    columns = ", ".join(f'"{name}"' for name in dict.fromkeys(fields))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""
            select {columns} from read_parquet($files) order by posting_id limit $limit
            """,  # noqa: S608  (column names come from the study's checked list)
            {"files": list(posting_files), "limit": limit},
        ).to_arrow_table()
    return [text[:UNLABELLED_CHARACTERS] for text in compose_texts(found, fields)]
