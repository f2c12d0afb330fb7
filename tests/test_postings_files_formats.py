"""Files in every sane encoding, form and packing, near and far, with or without a mapping."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import threading
import tracemalloc
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postings.ingest import ingest_raw
from postings.schema import QUARANTINE, RAW, RAW_FIELDS
from postings.sources import (
    LAYOUTS,
    FileSourceSpec,
    SourceError,
    UnreadableFileError,
    check_mapping,
    expand,
    file_columns,
    format_of,
    layout_of,
    read_file,
    recognised,
)
from postings.sources.encodings import AsUtf8, detect_encoding
from postings.sources.json_documents import read_documents
from postings.sources.layouts.layout import Objects
from postings.sources.mapping import parse_mapping
from postings.sources.records import RECORD_LIMIT_BYTES
from storage import Dataset

DATA = Path(__file__).parents[2] / "shared" / "data"
COLUMNS = {"title": "title", "employer": "company"}


def read(
    path: Path | str, columns: Mapping[str, str] = COLUMNS, **options: Any
) -> tuple[list[dict], list[dict]]:
    batches = list(read_file(path, source="board", columns=columns, batch="1", **options))  # type: ignore[arg-type]
    records = [row for batch in batches for row in batch.records.to_pylist()]
    return records, [row for batch in batches for row in batch.set_aside.to_pylist()]


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


# --------------------------------------------------------------------------------------------------------- encodings

CHINESE = "职位名称,公司名称,薪资\n护士,上海某医院,8千-1万\n高级工程师,北京某公司,1.5-2万·13薪\n"
WESTERN = "title,company,place\nIngénieur d’études,Société Générale,Montréal\nKöchin,Café Müller,München\n"
TAIWANESE = "職位名稱,公司名稱,薪資\n護士,台北醫院,四萬\n軟體工程師,某股份有限公司,六萬以上\n"
JAPANESE = "職種,会社,給与\n看護師,東京病院,月給30万円\nエンジニア,株式会社アクメ,応相談\n"
RUSSIAN = "должность,компания\nинженер,Газпром\nврач общей практики,Городская больница\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "gb18030"),
        (CHINESE, "gbk"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-32"),
        (WESTERN, "cp1252"),
        (WESTERN, "utf-16-le"),
        (WESTERN, "utf-16-be"),
        (WESTERN, "utf-8"),
        (TAIWANESE, "big5"),
        (JAPANESE, "cp932"),
        (RUSSIAN, "cp1251"),
        ("title,company\nNurse,Acme\n", "ascii"),
        ("title,company\nNurse – night,Acme\nCook,Café\n", "cp1252"),
    ],
)
def test_the_encoding_of_a_table_is_found_out(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "jobs.csv"
    path.write_bytes(text.encode(encoding))
    header, *rows = [line.split(",") for line in text.splitlines()]
    records, aside = read(path, {"title": header[0], "employer": header[1]}, encoding="auto")
    assert [(r["title"], r["employer"]) for r in records] == [(row[0], row[1]) for row in rows]
    assert aside == []


def test_text_that_begins_late_in_a_file_decides_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    late = "护士,上海某某人民医院\n".encode("gb18030")
    path.write_bytes(b"title,company\n" + b"Nurse,Acme\n" * 100_000 + late * 3)
    records, aside = read(path, encoding="auto")
    assert records[-1]["title"] == "护士"
    assert (len(records), aside) == (100_003, [])


def test_one_damaged_line_does_not_make_utf_8_something_else(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_bytes(b"title,company\n" + "护士,甲\n".encode() * 50 + b"\xff\xfe,x\n" + "厨师,乙\n".encode())
    records, aside = read(path, encoding="auto")
    assert (len(records), [entry["reason"] for entry in aside]) == (51, ["undecodable"])


def test_json_lines_in_utf_16_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-16-le"):
        path = tmp_path / f"{encoding}.jsonl"
        path.write_bytes('{"title": "护士", "company": "甲"}\n{"title": "厨师"}\n'.encode(encoding))
        records, _ = read(path, encoding="auto" if encoding == "utf-16" else encoding)
        assert [r["title"] for r in records] == ["护士", "厨师"]


def test_an_encoding_that_does_not_fit_is_refused_and_auto_recommended(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_bytes(CHINESE.encode("gb18030"))
    with pytest.raises(UnreadableFileError, match="`auto` finds out"):
        read(tmp_path / "jobs.csv", {"title": "职位名称"})


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    if text.startswith("\ufeff"):
        return
    if b"\0" not in text.encode():
        assert detect_encoding(io.BytesIO(text.encode())) == "utf-8"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_detection_never_raises_and_names_a_codec(content: bytes) -> None:
    stream = io.BytesIO(content)
    assert codecs.lookup(detect_encoding(stream))
    assert stream.tell() == 0


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["utf-16", "utf-16-be", "utf-32"]))
def test_wide_text_becomes_the_same_utf_8(text: str, encoding: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    wide = AsUtf8(io.BytesIO(text.encode(encoding)), encoding)
    assert wide.read().decode() == text
    wide.seek(0)
    assert wide.read().decode() == text


# ------------------------------------------------------------------------------------------------------- compression


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zstd"])
@pytest.mark.parametrize("name", ["jobs.csv", "jobs.jsonl", "jobs.json", "jobs.tsv"])
def test_packed_files_of_every_kind_are_read(tmp_path: Path, name: str, suffix: str) -> None:
    content = {
        "jobs.csv": "title,company\n护士,甲\n",
        "jobs.tsv": "title\tcompany\n护士\t甲\n",
        "jobs.jsonl": '{"title": "护士", "company": "甲"}\n',
        "jobs.json": '[{"title": "护士", "company": "甲"}]',
    }[name].encode()
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(gzip.compress(content) if suffix == ".gz" else zstd(content))
    records, aside = read(path, encoding="auto")
    assert [(r["title"], r["employer"]) for r in records] == [("护士", "甲")]
    assert aside == []


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_truncated_zstd_file_is_called_damaged(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "jobs.csv.zst"
    content = zstd(
        b"title,company\n" + b"".join(b"Nurse %d,Acme %d\n" % (n, n * 7919) for n in range(20_000))
    )
    path.write_bytes(content[:-cut])
    with pytest.raises(UnreadableFileError, match=r"jobs\.csv\.zst: damaged") as caught:
        read(path)
    assert caught.value.reason == "corrupt_zstd"


def test_what_only_claims_to_be_packed_is_called_damaged(tmp_path: Path) -> None:
    for name, reason in (("a.csv.zst", "corrupt_zstd"), ("a.csv.gz", "corrupt_gzip")):
        (tmp_path / name).write_bytes(b"title,company\nNurse,Acme\n")
        with pytest.raises(UnreadableFileError) as caught:
            read(tmp_path / name)
        assert caught.value.reason == reason


# -------------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "document",
    [
        [{"title": "a", "company": "x"}, {"title": "b"}],
        {"jobs": [{"title": "a"}, {"title": "b"}], "meta": {"total": 2}},
        {"meta": {"filters": [], "ids": [1, 2]}, "data": {"jobs": [{"title": "a"}, {"title": "b"}]}},
        {
            "next": None,
            "name": 'a "quoted", [odd] {name}',
            "jobs": [{"title": "a", "x": [{"y": "]}"}]}, {"title": "b"}],
        },
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_found_alone_or_inside_an_object(
    tmp_path: Path, document: Any, indent: int | None
) -> None:
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps(document, indent=indent, ensure_ascii=False), "utf-8")
    records, aside = read(path, {"title": "title"})
    assert [(r["row"], r["title"]) for r in records] == [(1, "a"), (2, "b")]
    assert aside == []


def test_the_study_can_say_where_the_records_are(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps({"offices": [{"title": "no"}], "a": {"jobs": [{"title": "yes"}]}}))
    assert [r["title"] for r in read(path, {"title": "title"}, records="a.jobs")[0]] == ["yes"]
    assert [r["title"] for r in read(path, {"title": "title"})[0]] == ["no"]
    with pytest.raises(UnreadableFileError, match=r"no array of objects at 'a\.b'"):
        read(path, {"title": "title"}, records="a.b")


def test_a_single_posting_is_one_record_although_it_holds_arrays(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    posting = {
        "@type": "JobPosting",
        "title": "Nurse",
        "jobLocation": [{"address": "Leeds"}],
        "datePosted": "2026-01-01",
    }
    path.write_text(json.dumps({**posting, "hiringOrganization": {"name": "Acme"}}))
    records, _ = read(path, {})
    assert [(r["title"], r["employer"], r["place"]) for r in records] == [("Nurse", "Acme", "Leeds")]


def test_json_lines_under_the_name_of_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    path.write_text('{"title": "a"}\n{"title": "b"}\nnot json\n')
    records, aside = read(path, {"title": "title"})
    assert ([r["title"] for r in records], [entry["row"] for entry in aside]) == (["a", "b"], [3])


def test_broken_elements_are_set_aside_and_the_others_taken(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    path.write_bytes(
        b'[{"title": "a"}, {"title": oops}, 17, null, {"title": "\xff"}, {"title": "b"}, {"title": "c'
    )
    records, aside = read(path, {"title": "title"})
    assert [(r["row"], r["title"]) for r in records] == [(1, "a"), (6, "b")]
    assert [(entry["row"], entry["reason"]) for entry in aside] == [
        (2, "not_json"),
        (3, "not_an_object"),
        (4, "not_an_object"),
        (5, "undecodable"),
        (7, "not_json"),
    ]


def test_a_huge_element_is_set_aside_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "jobs.json"
    with path.open("w") as file:
        file.write('[{"title": "a"}, {"title": "')
        for _ in range(60):
            file.write("x" * 1_000_000)
        file.write('"}, {"title": "b"}]')
    tracemalloc.start()
    records, aside = read(path, {"title": "title"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [r["title"] for r in records] == ["a", "b"]
    assert [(entry["row"], entry["reason"]) for entry in aside] == [(2, "record_too_large")]
    assert peak < 8 * RECORD_LIMIT_BYTES


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty_file"),
        ("  \n", "empty_file"),
        ("<html>", "not_json"),
        ('{"a": 1', "not_json"),
        ("17", "not_json"),
    ],
)
def test_what_is_no_json_is_called_so(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "jobs.json").write_text(content)
    with pytest.raises(UnreadableFileError) as caught:
        read(tmp_path / "jobs.json", {"title": "title"})
    assert caught.value.reason == reason


def test_an_answer_without_jobs_has_no_records(tmp_path: Path) -> None:
    for content in ("[]", '{"jobs": [], "meta": {"total": 0}}', "[ ]"):
        (tmp_path / "jobs.json").write_text(content)
        assert read(tmp_path / "jobs.json", {}) == ([], [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=4), json_values, max_size=4), max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_cutting_an_array_gives_what_parsing_the_whole_gives(
    records: list[dict], ascii_only: bool, inside: bool
) -> None:
    document: Any = {"total": len(records), "jobs": records} if inside else records
    content = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    found = (
        [line.record for line in read_documents(io.BytesIO(content), "x")]
        if b"\\ud" not in content
        else records
    )
    assert found == records


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]",:\\ a1\n', max_size=60))
def test_no_document_makes_the_reader_raise_anything_else(text: str) -> None:
    try:
        lines = list(read_documents(io.BytesIO(text.encode()), "x"))
    except UnreadableFileError:
        return
    assert [line.row for line in lines] == list(range(1, len(lines) + 1))


# -------------------------------------------------------------------------------------------------- finding the files


def test_a_folder_stands_for_the_files_in_it_that_can_be_read(tmp_path: Path) -> None:
    for name in ("b.csv", "a/c.jsonl.gz", "notes.md", ".hidden.csv", "_tmp/d.csv", "e.parquet", "f.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [path.relative_to(tmp_path).as_posix() for path in expand(str(tmp_path))]
    assert found == ["a/c.jsonl.gz", "b.csv", "e.parquet", "f.html"]
    assert [path.name for path in expand(str(tmp_path / "**" / "*.jsonl.gz"))] == ["c.jsonl.gz"]
    assert [path.name for path in expand(str(tmp_path / "b.csv"))] == ["b.csv"]
    assert expand(str(tmp_path / "nothing-*.csv")) == expand(str(tmp_path / "missing.csv")) == []


def test_a_name_that_looks_like_a_pattern_is_the_file_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "jobs [2024].csv").write_text("x")
    assert [path.name for path in expand(str(tmp_path / "jobs [2024].csv"))] == ["jobs [2024].csv"]


@pytest.fixture
def memory() -> Iterator[Any]:
    filesystem = fsspec.filesystem("memory")
    filesystem.store.clear()
    yield filesystem
    filesystem.store.clear()


def test_remote_files_are_spooled_and_read(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/bucket/2024/jobs.csv", b"title,company\nNurse,Acme\n")
    memory.pipe("/bucket/2025/jobs.csv.gz", gzip.compress(b"title,company\nCook,Beta\n"))
    memory.pipe("/bucket/2025/readme.md", b"hello")
    sink = io.BytesIO()
    pq.write_table(pa.table({"title": ["Baker"], "company": ["Gamma"]}), sink)
    memory.pipe("/bucket/2026.parquet", sink.getvalue())
    paths = expand("memory://bucket", tmp_path)
    assert sorted(path.name for path in paths) == ["2026.parquet", "jobs.csv", "jobs.csv.gz"]
    assert len({path.parent for path in paths}) == 3  # files of one name stay apart
    titles = sorted(record["title"] for path in paths for record in read(path)[0])
    assert titles == ["Baker", "Cook", "Nurse"]
    assert len(expand("memory://bucket/*/jobs.csv*", tmp_path)) == 2
    assert expand("memory://bucket/nothing*", tmp_path) == []


def test_a_spooled_file_is_fetched_again_only_when_it_changed(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/b/jobs.csv", b"title,company\nNurse,Acme\n")
    (path,) = expand("memory://b/jobs.csv", tmp_path)
    before = path.stat().st_ino
    assert expand("memory://b/jobs.csv", tmp_path) == [path]
    assert path.stat().st_ino == before
    memory.pipe("/b/jobs.csv", b"title,company\nCooks,Acme\n")
    assert read(expand("memory://b/jobs.csv", tmp_path)[0])[0][0]["title"] == "Cooks"


def test_an_address_can_be_read_without_further_ado(memory: Any) -> None:
    memory.pipe("/b/jobs.jsonl", b'{"title": "Nurse", "company": "Acme"}\n')
    assert file_columns("memory://b/jobs.jsonl") == ["title", "company"]  # type: ignore[arg-type]
    records, _ = read("memory://b/jobs.jsonl")
    assert [(r["title"], r["file"]) for r in records] == [("Nurse", "jobs.jsonl")]


def test_a_large_remote_file_is_copied_in_pieces(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/b/jobs.csv", b"title,company\n" + b"Nurse,Acme\n" * 2_000_000)
    tracemalloc.start()
    (path,) = expand("memory://b/jobs.csv", tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size == 22_000_014
    assert peak < 8_000_000


def test_an_unknown_kind_of_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="carrier-pigeon"):
        expand("carrier-pigeon://roof/jobs.csv", tmp_path)
    with pytest.raises(SourceError, match="folder to spool to"):
        expand("memory://b/jobs.csv")


def test_a_file_of_the_web_is_asked_for_only_when_it_changed(tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            body = b"title,company\nNurse,Acme\n"
            fresh = self.headers.get("If-None-Match") == '"v1"'
            self.send_response(404 if "missing" in self.path else 304 if fresh else 200)
            self.send_header("ETag", '"v1"')
            self.end_headers()
            self.wfile.write(b"" if fresh else body)

        def log_message(self, *arguments: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{http.server_port}/data/jobs.csv?token=secret"
    try:
        (path,) = expand(url, tmp_path)
        assert expand(url, tmp_path) == [path]
        assert path.name == "jobs.csv"
        assert [r["title"] for r in read(path)[0]] == ["Nurse"]
        assert ["If-None-Match" in headers for headers in asked] == [False, True]
        with pytest.raises(UnreadableFileError, match="404") as caught:
            expand(url.replace("jobs", "missing"), tmp_path)
        assert "secret" not in str(caught.value)
    finally:
        http.shutdown()
        http.server_close()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "delimited"),
        ("a.TSV.GZ", "delimited"),
        ("a.json.zst", "json"),
        ("a.ndjson", "json_lines"),
        ("a.html", "html"),
        ("a.pq", "parquet"),
    ],
)
def test_a_name_says_what_a_file_is(name: str, kind: str) -> None:
    assert format_of(Path(name)) == kind


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.parquet.gz", "a.gz"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(SourceError, match=r"name it .*\.csv.*\.parquet"):
        format_of(Path(name))


# ----------------------------------------------------------------------------------------------------------- layouts


def test_a_chinese_table_is_understood_without_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "51job.csv"
    header = "职位名称,公司名称,薪资,工作地点,学历要求,工作经验,公司规模,公司性质,发布时间,职位描述,无关"
    path.write_bytes(
        f"{header}\n护士,某医院,8千-1万,上海,大专,2年,50-150人,民营,2024-05-01,照顾病人,x\n".encode("gb18030")
    )
    records, aside = read(path, {}, encoding="auto")
    assert aside == []
    wanted = {
        "title": "护士",
        "employer": "某医院",
        "pay": "8千-1万",
        "place": "上海",
        "education": "大专",
        "experience": "2年",
        "employer_size": "50-150人",
        "employer_kind": "民营",
        "posted_date": "2024-05-01",
        "description": "照顾病人",
    }
    assert {name: records[0][name] for name in RAW_FIELDS if records[0][name] is not None} == wanted


def test_headers_in_any_case_and_spelling_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "indeed.csv"
    path.write_text(
        "Job_Title,COMPANY NAME,formattedLocation,Salary (USD),jobkey,id\nNurse,Acme,Leeds,$20 an hour,k1,0\n"
    )
    (record,) = read(path, {})[0]
    assert (record["title"], record["employer"], record["place"]) == ("Nurse", "Acme", "Leeds")
    assert (record["pay"], record["source_id"]) == ("$20 an hour", "k1")


def test_a_row_number_is_not_taken_for_an_identity(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("id,title,company,location\n0,Nurse,Acme,Leeds\n")
    assert read(tmp_path / "jobs.csv", {})[0][0]["source_id"] is None


def test_the_study_corrects_a_layout_field_by_field(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("title,company,location,brand,salary\nNurse,Acme,Leeds,Beta,10\n")
    (record,) = read(path, {"employer": "brand"}, layout="auto")[0]
    assert (record["title"], record["employer"], record["place"]) == ("Nurse", "Beta", "Leeds")
    (record,) = read(path, {"employer": "brand"})[0]  # a mapping alone means what it says
    assert (record["title"], record["employer"]) == (None, "Beta")
    with pytest.raises(SourceError, match="'firm'"):
        read(path, {"employer": "firm"}, layout="auto")


def test_columns_that_no_layout_knows_are_shown_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(
        SourceError, match=r"jobs\.csv: no known layout fits these columns: 'a', 'b', 'c'.*`columns:`"
    ):
        read(tmp_path / "jobs.csv", {})
    with pytest.raises(
        SourceError, match="layout: 'monster' is not known; the layouts are job_posting, greenhouse"
    ):
        read(tmp_path / "jobs.csv", {}, layout="monster")


def test_a_layout_reads_parquet_with_nested_columns_too(tmp_path: Path) -> None:
    job = {
        "id": 7,
        "title": "Nurse",
        "absolute_url": "https://x/7",
        "internal_job_id": 8,
        "location": {"name": "Leeds"},
        "company_name": "Acme",
    }
    pq.write_table(pa.Table.from_pylist([job]), tmp_path / "jobs.parquet")
    (record,) = read(tmp_path / "jobs.parquet", {})[0]
    assert (record["title"], record["place"], record["source_id"]) == ("Nurse", "Leeds", "7")


def test_the_mapping_of_a_layout_can_be_shown_before_a_run(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("title,company,location,salary,odd\n")
    expressions = check_mapping(path, {}, file_columns(path))
    assert sorted(expressions) == ["employer", "pay", "place", "title"]


def test_every_layout_maps_to_fields_that_exist_in_the_language_of_studies() -> None:
    for name, layout in LAYOUTS.items():
        assert layout.name == name
        assert layout.about
        if isinstance(layout, Objects):
            assert set(layout.columns) <= set(RAW_FIELDS), name
            assert "title" in layout.columns
            for text in layout.columns.values():
                parse_mapping(text)
            for needs in layout.needs:
                found = recognised(needs)
                assert found is not None
                assert found.name == name
        else:
            assert set(layout.names) <= set(RAW_FIELDS), name


def test_rare_keys_of_objects_are_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    job = {"title": "Nurse", "jobUrl": "u", "publishedAt": "2026-01-01", "id": 1}
    lines = [json.dumps({**job, "id": n}) for n in range(1_200)]
    lines.append(json.dumps({**job, "id": 1_200, "descriptionHtml": "<p>late</p>"}))
    path.write_text("\n".join(lines))
    assert read(path, {})[0][-1]["description"] == "<p>late</p>"


@pytest.mark.parametrize(
    ("file", "layout", "rows"),
    [
        ("ats/greenhouse.json", "greenhouse", 2),
        ("ats/lever.json", "lever", 2),
        ("ats/ashby.json", "ashby", 2),
        ("ats/smartrecruiters.json", "smartrecruiters", 1),
        ("ats/workable.json", "workable", 2),
        ("usajobs/announcements_2024_2025.parquet", "usajobs_table", 17_774),
        ("china_postings/51job_2022_it_with_text.parquet", "51job_2022", 8_000),
        ("china_postings/51job_2023_dated.parquet", "english_table", 6_824),
        ("china_postings/51job_2024_ten_occupations.parquet", "51job_2024", 20_000),
        ("afriworket/postings_2026.parquet", "english_table", 2_958),
        ("ats_daily_snapshots/jobs.parquet", "english_table", 8_313),
    ],
)
def test_real_files_are_recognised_and_lose_no_record(file: str, layout: str, rows: int) -> None:
    path = DATA / file
    if not path.exists():
        pytest.skip(f"{path} is not here")
    assert layout_of(file_columns(path)).name == layout
    records = aside = untitled = 0
    for batch in read_file(path, source="s", columns={}, batch="1"):
        records += batch.records.num_rows
        aside += batch.set_aside.num_rows
        untitled += batch.records.column("title").null_count
    assert (records, aside, untitled) == (rows, 0, 0)


def test_a_source_without_a_mapping_goes_through_ingest(tmp_path: Path) -> None:
    """Until ingest hands `layout` and `records` on, a source without columns is recognised file by file."""
    (tmp_path / "jobs.json").write_text(
        json.dumps([{"title": "Nurse", "company": "Acme", "location": "Leeds", "salary": "1"}])
    )
    raw, aside = (
        Dataset(tmp_path / name, schema, partitioned=False)
        for name, schema in (("raw", RAW), ("aside", QUARANTINE))
    )
    report = ingest_raw(
        [FileSourceSpec("s", (tmp_path / "jobs.json",))], raw, tmp_path / "unreadable.json", aside
    )
    assert (report.records, report.unreadable) == (1, [])
