"""Reading what others wrote: CSV, JSON Lines and Parquet, whole, broken and hostile."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postings.sources import (
    CELL_LIMIT_BYTES,
    MappingError,
    SourceError,
    UnreadableFileError,
    file_columns,
    parse_mapping,
    read_file,
    reader,
)
from postings.sources.delimited import _Lines, _long_record, read_records
from postings.sources.mapping import evaluate, text_of

COLUMNS = {"title": "title", "employer": "company"}


def read(path: Path, columns: Mapping[str, str] = COLUMNS, **options: Any) -> tuple[list[dict], list[dict]]:
    batches = list(read_file(path, source="board", columns=columns, batch="1", **options))
    records = [row for batch in batches for row in batch.records.to_pylist()]
    return records, [row for batch in batches for row in batch.set_aside.to_pylist()]


def titles(records: list[dict]) -> list[tuple[int, str | None]]:
    return [(record["row"], record["title"]) for record in records]


def test_csv_rows_keep_their_file_and_record_number(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text('company,title\nAcme,"Nurse, night\nshift"\n\nBeta,Cook\n', "utf-8")
    records, aside = read(path)
    assert titles(records) == [(1, "Nurse, night\nshift"), (2, "Cook")]
    assert {(record["file"], record["source"], record["batch"]) for record in records} == {
        ("jobs.csv", "board", "1")
    }
    assert aside == []


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("bom.csv", "\ufefftitle,company\n护士,甲\n".encode(), {}),
        ("chinese.csv", "title,company\n护士,甲\n".encode("gb18030"), {"encoding": "gb18030"}),
        ("tabs.tsv", "title\tcompany\n护士\t甲\n".encode(), {}),
        ("semicolons.csv", "title;company\r\n护士;甲\r\n".encode(), {}),
        ("wide.csv", "title,company\n护士,甲\n".encode("utf-16"), {"encoding": "utf-16"}),
        ("packed.csv.gz", gzip.compress("title,company\n护士,甲\n".encode(), mtime=0), {}),
        ("lines.jsonl", '\ufeff{"title": "护士", "company": "甲"}\n\n'.encode(), {}),
    ],
)
def test_text_files_in_the_usual_encodings_are_read(
    tmp_path: Path, name: str, content: bytes, options: dict
) -> None:
    (tmp_path / name).write_bytes(content)
    records, aside = read(tmp_path / name, **options)
    assert [(r["row"], r["title"], r["employer"]) for r in records] == [(1, "护士", "甲")]
    assert aside == []


def test_a_missing_column_is_named_with_the_columns_there_are_and_how_to_mend_it(tmp_path: Path) -> None:
    text, parquet, lines = tmp_path / "jobs.csv", tmp_path / "jobs.parquet", tmp_path / "jobs.jsonl"
    text.write_text("name,company\nNurse,Acme\n")
    pq.write_table(pa.table({"name": ["Nurse"], "company": ["Acme"]}), parquet)
    lines.write_text('{"name": "Nurse", "company": "Acme"}\n')
    for path in (text, parquet, lines):
        with pytest.raises(SourceError) as caught:
            read(path)
        for part in (path.name, "'title'", "'name'", "'company'", "columns: title:"):
            assert part in str(caught.value)


def test_a_field_that_does_not_exist_is_refused_with_the_fields_that_do(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("title\nNurse\n")
    with pytest.raises(SourceError, match="'titel' is not a raw field; the fields are source_id, employer"):
        read(tmp_path / "jobs.csv", {"titel": "title"})


def test_a_key_that_only_a_late_json_record_has_is_still_a_column(tmp_path: Path) -> None:
    lines = [json.dumps({"title": f"t{number}"}) for number in range(1500)] + [
        '{"title": "last", "company": "Acme"}'
    ]
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines))
    records, _ = read(tmp_path / "jobs.jsonl")
    assert records[-1]["employer"] == "Acme"
    assert records[0]["employer"] is None


@pytest.mark.parametrize("kept", [10, 200, -20])
def test_a_truncated_parquet_file_is_called_unreadable(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "jobs.parquet"
    pq.write_table(pa.table({"title": ["Nurse"] * 100, "company": ["Acme"] * 100}), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UnreadableFileError, match=r"jobs\.parquet.*fetch it again") as caught:
        read(path)
    assert caught.value.reason == "corrupt_parquet"


def test_a_parquet_file_damaged_in_the_middle_gives_what_stands_before(tmp_path: Path) -> None:
    path = tmp_path / "jobs.parquet"
    table = pa.table(
        {"title": [f"t{n}-{n * 7919 % 1000003}" for n in range(20_000)], "company": ["Acme"] * 20_000}
    )
    pq.write_table(table, path, row_group_size=5_000, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    third = pq.ParquetFile(path).metadata.row_group(2).column(0)
    start = third.data_page_offset
    content[start : start + third.total_compressed_size] = b"\xff" * third.total_compressed_size
    path.write_bytes(bytes(content))
    batches = read_file(path, source="board", columns=COLUMNS, batch="1")
    taken: list[int] = []
    with pytest.raises(UnreadableFileError) as caught:
        taken.extend(batch.rows for batch in batches)
    rows = sum(taken)
    assert 5_000 <= rows <= 10_000
    assert f"damaged after record {rows:,}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "empty_file"),
        ("empty.jsonl", b" \n", "empty_file"),
        ("binary.csv", b"a\x00b,\x00\n" * 10, "undecodable"),
        ("chinese.csv", "标题,公司\n护士,甲公司\n厨师,乙公司\n".encode("gb18030"), "undecodable"),
        ("array.jsonl", b'[{"title": "Nurse"}]', "not_json_lines"),
        (
            "cut.csv.gz",
            gzip.compress(b"title,company\n" + bytes(range(65, 90)) * 9_000, mtime=0)[:-40],
            "corrupt_gzip",
        ),
        ("nothing.csv.gz", b"title,company\n", "corrupt_gzip"),
    ],
)
def test_a_file_that_cannot_be_read_has_a_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFileError, match=name) as caught:
        read(tmp_path / name, {"title": "title"})
    assert caught.value.reason == reason


def test_rows_with_too_many_or_too_few_cells_are_set_aside_and_the_others_go_through(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("title,company\nNurse,Acme\nCook\nSmith,Beta,extra\nBaker,Gamma\n")
    records, aside = read(tmp_path / "jobs.csv")
    assert titles(records) == [(1, "Nurse"), (4, "Baker")]
    assert [(row["row"], row["reason"]) for row in aside] == [
        (2, "wrong_cell_count"),
        (3, "wrong_cell_count"),
    ]
    assert "jobs.csv, record 3: 3 cells where the header has 2" in aside[1]["message"]
    assert aside[1]["value"].startswith("Smith,Beta,extra")


def test_an_undecodable_row_is_set_aside_and_the_others_go_through(tmp_path: Path) -> None:
    good = b"Nurse,Acme\n" * 5
    (tmp_path / "jobs.csv").write_bytes(b"title,company\n" + good + b"Caf\xe9,Acme\n" + good)
    (tmp_path / "jobs.jsonl").write_bytes(
        b'{"title": "a", "company": "b"}\n{"title": "\xe9", "company": "b"}\n'
        b'{"title": "\\ud800", "company": "b"}\n{x\n[1]\n'
        b'{"title": "c", "company": "b"}\n'
    )
    records, aside = read(tmp_path / "jobs.csv")
    assert len(records) == 10
    assert [(row["row"], row["reason"], row["field"]) for row in aside] == [(6, "undecodable", "title")]
    records, aside = read(tmp_path / "jobs.jsonl")
    assert titles(records) == [(1, "a"), (6, "c")]
    assert [row["reason"] for row in aside] == ["undecodable", "undecodable", "not_json", "not_an_object"]


def test_a_parquet_cell_that_is_no_utf8_sets_its_row_aside(tmp_path: Path) -> None:
    path = tmp_path / "jobs.parquet"
    column = pa.array([b"ok", b"\xff\xfe", b"fine"], pa.binary())
    pq.write_table(pa.table({"title": column, "company": ["a", "b", "c"]}), path)
    records, aside = read(path)
    assert titles(records) == [(1, "ok"), (3, "fine")]
    assert [(row["row"], row["reason"]) for row in aside] == [(2, "undecodable")]


def huge_file(path: Path, cell: str) -> None:
    rows = [("Nurse", "Acme"), (cell, "Acme"), ("Cook", "Beta")]
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("title", "company"), *rows])
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({"title": t, "company": c}) + "\n" for t, c in rows))
    else:
        pq.write_table(pa.table({"title": [t for t, _ in rows], "company": [c for _, c in rows]}), path)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("cell", ["x" * 5_000_000, 'a "quoted"\nline\n' * 80_000, "护" * 400_000])
def test_a_huge_cell_sets_its_record_aside_with_size_and_field(
    tmp_path: Path, suffix: str, cell: str
) -> None:
    path = tmp_path / f"jobs.{suffix}"
    huge_file(path, cell)
    records, aside = read(path)
    assert titles(records) == [(1, "Nurse"), (3, "Cook")]
    assert [(row["row"], row["reason"], row["field"]) for row in aside] == [(2, "cell_too_large", "title")]
    assert f"{len(cell.encode()):,} bytes" in aside[0]["message"]
    assert len(aside[0]["value"]) <= 500


def test_a_huge_cell_that_no_field_is_made_from_costs_nothing(tmp_path: Path) -> None:
    huge_file(tmp_path / "jobs.csv", "x" * 5_000_000)
    records, aside = read(tmp_path / "jobs.csv", {"employer": "company"})
    assert len(records) == 3
    assert aside == []


def test_a_json_record_above_every_limit_is_skipped_without_being_held(tmp_path: Path) -> None:
    with (tmp_path / "jobs.jsonl").open("w") as stream:
        stream.write('{"title": "a", "company": "b"}\n{"title": "')
        for _ in range(30):
            stream.write("x" * 1_000_000)
        stream.write('", "company": "b"}\n{"title": "c", "company": "b"}\n')
    records, aside = read(tmp_path / "jobs.jsonl")
    assert titles(records) == [(1, "a"), (3, "c")]
    assert [(row["row"], row["reason"]) for row in aside] == [(2, "record_too_large")]


def test_a_quotation_mark_that_is_never_closed_is_reported_and_memory_stays_bounded(tmp_path: Path) -> None:
    with (tmp_path / "jobs.csv").open("w") as stream:
        stream.write('title,company\nNurse,Acme\n"Cook,Acme\n')
        line = "Baker," + "Acme of the long name " * 100 + "\n"
        for _ in range(40):
            stream.write(line * 500)
    tracemalloc.start()
    records, aside = read(tmp_path / "jobs.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert titles(records) == [(1, "Nurse")]
    assert [(row["row"], row["reason"]) for row in aside] == [(2, "unclosed_quote")]
    assert peak < 30_000_000  # the file has 44 MB, a record is held to 8 MB


def test_a_small_parquet_file_that_repeats_one_huge_cell_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    value = pa.array(["x" * 3_000_000])
    title = pa.DictionaryArray.from_arrays(pa.array([0] * 4_000, pa.int32()), value)
    pq.write_table(pa.table({"title": title, "company": ["Acme"] * 4_000}), path)
    assert path.stat().st_size < 4_000_000
    before = pa.default_memory_pool().max_memory()
    records, aside = read(path)
    assert records == []
    assert len(aside) == 4_000  # 12 GB, had they been expanded
    assert max(before, pa.default_memory_pool().max_memory()) < 300_000_000


def test_values_of_any_type_become_plain_strings(tmp_path: Path) -> None:
    import datetime as dt
    from decimal import Decimal

    path = tmp_path / "typed.parquet"
    table = pa.table(
        {
            "number": [14000.0, None, 1e-7],
            "whole": [12345678901, 2, 3],
            "day": [dt.date(2024, 2, 1)] * 3,
            "moment": [dt.datetime(2024, 2, 1, 8, 30)] * 3,
            "amount": [Decimal("1.50")] * 3,
            "many": [["a", "b"], [], None],
            "nested": [{"name": "Acme"}, {"name": None}, None],
            "blank": ["  ", "", "x"],
        }
    )
    pq.write_table(table, path)
    mapping = {
        "pay_min": "number",
        "source_id": "whole",
        "posted_date": "day",
        "experience": "moment",
        "pay_max": "amount",
        "skills": "many",
        "employer": "nested.name",
        "title": "blank",
    }
    records, _ = read(path, mapping)
    assert [record["pay_min"] for record in records] == ["14000", None, "0.0000001"]
    assert records[0]["source_id"] == "12345678901"
    assert records[0]["posted_date"] == "2024-02-01"
    assert records[0]["experience"] == "2024-02-01 08:30:00"
    assert records[0]["pay_max"] == "1.50"
    assert [record["skills"] for record in records] == ["a | b", None, None]
    assert [record["employer"] for record in records] == ["Acme", None, None]
    assert [record["title"] for record in records] == [None, None, "x"]
    assert text_of(float("nan")) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("subagency else agency", ["Parks", "Interior"]),
        ("first(series)", ["0401 - Biology", None]),
        ('before(first(series), " - ")', ["0401", None]),
        ('after(first(series), " - ")', ["Biology", None]),
        ('before(agency, " - ")', ["Interior", "Interior"]),
        ('after(agency, " - ")', [None, None]),
        ('constant("US")', ["US", "US"]),
        ('subagency else constant("none else")', ["Parks", "none else"]),
        ('before(subagency else agency, "k")', ["Par", "Interior"]),
        ('column("pay (USD)")', ["1", "2"]),
        ('first(series) else before(subagency else agency, "r")', ["0401 - Biology", "Inte"]),
        ("pay (USD)", ["1", "2"]),
    ],
)
def test_the_mapping_language_says_what_a_field_is_made_from(expression: str, expected: list) -> None:
    columns = {
        "subagency": ["Parks", " "],
        "agency": ["Interior", "Interior"],
        "series": [["0401 - Biology", "0408 - Ecology"], []],
        "pay (USD)": [1, 2],
    }
    assert evaluate(parse_mapping(expression, columns), columns, 2) == expected


def test_a_column_whose_name_looks_like_an_expression_is_that_column() -> None:
    assert evaluate(parse_mapping("a else b", ["a else b"]), {"a else b": ["x"]}, 1) == ["x"]


@pytest.mark.parametrize(
    "text", ["", "first(series", "before(title)", "constant(US)", 'a else before(b, "")']
)
def test_a_mapping_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(MappingError):
        parse_mapping(text)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_no_mapping_text_breaks_the_reader_of_mappings(text: str) -> None:
    with contextlib.suppress(MappingError):
        parse_mapping(text)


CELLS = st.text(alphabet=st.sampled_from('ab",;\n\t é护'), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_what_a_csv_writer_wrote_is_what_is_read(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["x", "y"], *rows])
    content = io.BytesIO(stream.getvalue().encode())
    _, records = read_records(content, "f.csv", delimiter=",")
    assert [record.cells for record in records] == rows


@given(st.lists(CELLS, min_size=2, max_size=4))
@settings(max_examples=200, deadline=None)
def test_long_records_are_split_as_the_standard_reader_splits_them(cells: list[str]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow(cells)
    found, closed = _long_record(_Lines(io.StringIO(stream.getvalue() + "next,row\n", newline="")), ",")
    assert (found, closed) == (cells, True)


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_the_text_readers(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for name, head in (("f.csv", b"title,company\n"), ("f.jsonl", b'{"title": "a", "company": "b"}\n')):
        (folder / name).write_bytes(head + content)
        try:
            records, aside = read(folder / name)
        except UnreadableFileError:
            continue
        numbers = sorted(row["row"] for row in [*records, *aside])
        assert numbers == list(range(1, len(numbers) + 1))


def test_an_unknown_kind_of_file_source_or_encoding_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"jobs\.xlsx.*\.csv.*\.parquet"):
        file_columns(tmp_path / "jobs.xlsx")
    with pytest.raises(SourceError, match="the kinds are files"):
        reader("carrier pigeon")
    (tmp_path / "jobs.csv").write_text("title\nx\n")
    with pytest.raises(SourceError, match="'klingon' is not an encoding"):
        read(tmp_path / "jobs.csv", encoding="klingon")


def test_the_cell_limit_is_a_million_bytes(tmp_path: Path) -> None:
    huge_file(tmp_path / "jobs.csv", "x" * CELL_LIMIT_BYTES)
    assert len(read(tmp_path / "jobs.csv")[0]) == 3
