"""Asking boards and career pages: a real server on this machine answers well, badly, slowly or for ever."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from postings.fetch import BOARDS, FetchReport, FetchSpec, Limits, SpecError, fetch, read_coverage
from postings.fetch.client import Clock
from postings.fetch.coverage import append_coverage
from postings.sources import file_columns, layout_of, read_file
from storage import LockedError

CAPTURED = Path(__file__).parents[2] / "shared" / "data" / "ats"
NOW = dt.datetime(2026, 8, 14, 12, 0, tzinfo=dt.UTC)

Reply = tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]


class FakeClock(Clock):
    """Nothing waits; what would have been waited for is written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.time = 0.0

    def now(self) -> dt.datetime:
        return NOW

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def answer(document: Any, status: int = 200, **headers: str) -> Reply:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


class Server:
    """Replies by path: a list is given one by one, its last for ever. Requests are kept (path with query, headers)."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.requests.append((self.path, dict(self.headers)))
                replies = outer.replies.get(self.path) or outer.replies.get(urlsplit(self.path).path)
                reply = (404, {}, b"") if not replies else replies[0] if len(replies) == 1 else replies.pop(0)
                if callable(reply):
                    with contextlib.suppress(OSError):
                        reply(self)
                    self.close_connection = True
                    return
                status, headers, body = reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


class House:
    """Where one test's downloads go."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.clock = FakeClock()

    def spec(
        self, board: str = "greenhouse", employers: tuple[str, ...] = ("acme",), **options: Any
    ) -> FetchSpec:
        options.setdefault("batch", "2026-08-14")
        options.setdefault("limits", Limits(answer_s=5))
        return FetchSpec("boards", board, employers=employers, base_url=self.server.url, **options)

    def fetch(self, spec: FetchSpec) -> FetchReport:
        return fetch(
            spec,
            self.folder / "into",
            self.folder / "state",
            self.folder / "coverage.jsonl",
            clock=self.clock,
        )

    def coverage(self) -> list[dict[str, Any]]:
        return read_coverage(self.folder / "coverage.jsonl").to_pylist()

    def lines(self, report: FetchReport) -> list[dict[str, Any]]:
        return [json.loads(line) for path in report.files for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def house(tmp_path: Path, server: Server) -> House:
    return House(tmp_path, server)


def greenhouse(*numbers: int, total: int | None = None) -> dict[str, Any]:
    jobs = [
        {
            "id": number,
            "title": f"Nurse {number}",
            "absolute_url": f"https://job-boards.greenhouse.io/acme/jobs/{number}",
            "internal_job_id": number + 1,
            "location": {"name": "Leeds, UK"},
            "first_published": "2026-07-01T09:00:00-04:00",
            "content": "&lt;p&gt;We care &amp;amp; cure&lt;/p&gt;",
        }
        for number in numbers
    ]
    return {"jobs": jobs, "meta": {"total": len(jobs) if total is None else total}}


GREENHOUSE = "/v1/boards/acme/jobs"
SMART = "/v1/companies/acme/postings"


def smart_page(offset: int, size: int, total: int) -> dict[str, Any]:
    content = [
        {
            "id": f"p{n}",
            "name": f"Cook {n}",
            "company": {"name": "Acme"},
            "releasedDate": "2026-08-01T00:00:00Z",
        }
        for n in range(offset, offset + size)
    ]
    return {"offset": offset, "limit": 100, "totalFound": total, "content": content}


# ------------------------------------------------------------------------------------------------------ what arrives


def test_a_board_becomes_a_file_that_the_file_source_reads_by_itself(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1, 2))]
    report = house.fetch(house.spec())
    assert (report.results, report.postings, report.requests) == ({"acme": "ok"}, 2, 1)
    (path,) = report.files
    batches = list(read_file(path, source="boards", columns={}, batch="2026-08-14"))
    records = [row for batch in batches for row in batch.records.to_pylist()]
    assert [(r["source_id"], r["title"], r["employer"], r["place"]) for r in records] == [
        ("1", "Nurse 1", "acme", "Leeds, UK"),
        ("2", "Nurse 2", "acme", "Leeds, UK"),
    ]
    posting, origin = house.lines(report)[0], greenhouse(1, 2)["jobs"][0]
    fetched = posting.pop("_fetch")
    assert posting == origin  # as the board gave it
    assert fetched["url"].endswith(f"{GREENHOUSE}?content=true")
    assert fetched["polled_on"] == "2026-08-14"


def test_every_poll_is_a_row_of_the_coverage_table(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1))]
    house.fetch(house.spec(employers=("acme", "nobody")))
    good, bad = house.coverage()
    assert (good["employer"], good["board"], good["source"]) == ("acme", "greenhouse", "boards")
    assert (good["result"], good["http_status"], good["postings_seen"]) == ("ok", 200, 1)
    assert good["polled_on"] == dt.date(2026, 8, 14)
    assert good["file"] == "2026-08-14/boards-greenhouse-acme.jsonl"
    assert (bad["employer"], bad["result"], bad["http_status"], bad["postings_seen"]) == (
        "nobody",
        "failed",
        404,
        0,
    )
    assert "no such board" in bad["message"]
    assert bad["file"] is None


def test_a_board_without_jobs_is_ok_and_leaves_no_file(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse())]
    report = house.fetch(house.spec())
    assert (report.results, report.files) == ({"acme": "ok"}, [])
    assert [path for path in (house.folder / "into").rglob("*") if path.is_file()] == []


def test_a_batch_that_is_done_is_not_asked_again(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1))]
    house.fetch(house.spec())
    report = house.fetch(house.spec())
    assert (report.already_done, report.requests, len(house.coverage())) == (["acme"], 0, 1)


def test_two_sources_share_a_state_file_without_mixing(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1), ETag='"a"')]
    house.fetch(house.spec())
    report = house.fetch(replace(house.spec(), source="other"))
    assert (report.results, report.requests) == ({"acme": "ok"}, 1)


BODIES: dict[str, tuple[str, dict[str, Any] | list[Any]]] = {
    "lever": (
        "/v0/postings/acme",
        [
            {
                "id": "a1",
                "text": "Welder",
                "hostedUrl": "https://jobs.lever.co/acme/a1",
                "createdAt": 1764205361939,
                "categories": {"commitment": "Full-time", "allLocations": ["Bristol", "Cardiff"]},
                "description": "<p>Open</p>",
                "lists": [{"text": "You will", "content": "<li>weld</li>"}],
                "salaryRange": {"min": 30000, "max": 35000, "currency": "GBP", "interval": "per-year-salary"},
            }
        ],
    ),
    "ashby": (
        "/posting-api/job-board/acme",
        {
            "jobs": [
                {
                    "id": "b1",
                    "title": "Welder",
                    "jobUrl": "https://jobs.ashbyhq.com/acme/b1",
                    "publishedAt": "2026-04-20T22:43:56.531+00:00",
                    "location": "Bristol",
                    "isRemote": True,
                    "employmentType": "FullTime",
                    "descriptionHtml": "<p>Open</p>",
                    "compensation": {
                        "summaryComponents": [
                            {
                                "compensationType": "Salary",
                                "interval": "1 YEAR",
                                "currencyCode": "GBP",
                                "minValue": 30000,
                                "maxValue": 35000,
                            },
                            {"compensationType": "EquityPercentage"},
                        ]
                    },
                }
            ]
        },
    ),
    "workable": (
        "/api/v1/widget/accounts/acme",
        {
            "name": "Acme Ltd",
            "jobs": [
                {
                    "title": "Welder",
                    "shortcode": "C1",
                    "url": "https://apply.workable.com/j/C1",
                    "published_on": "2026-08-05",
                    "locations": [{"city": "Bristol", "region": None, "country": "UK"}],
                    "description": "<p>Open</p>",
                }
            ],
        },
    ),
    "smartrecruiters": (SMART, smart_page(0, 1, 1)),
    "usajobs": (
        "/api/historicjoa",
        {
            "paging": {"metadata": {"totalCount": 1}, "next": ""},
            "data": [
                {
                    "usajobsControlNumber": 7,
                    "positionTitle": "Welder",
                    "hiringAgencyName": "Acme Agency",
                    "positionOpenDate": "2026-08-01",
                    "minimumSalary": 30000.0,
                    "maximumSalary": 35000.0,
                    "salaryType": "Per Year",
                    "JobCategories": [{"series": "3703"}],
                    "PositionLocations": [
                        {"positionLocationCity": "Bristol", "positionLocationState": "Virginia"}
                    ],
                }
            ],
        },
    ),
}


@pytest.mark.parametrize("board", sorted(BODIES))
def test_each_board_arrives_as_raw_fields(house: House, board: str) -> None:
    path, body = BODIES[board]
    house.server.replies[path] = [answer(body)]
    house.server.replies[f"{SMART}/p0"] = [
        answer({"jobAd": {"sections": {"jobDescription": {"title": "Job", "text": "<p>Open</p>"}}}})
    ]
    report = house.fetch(house.spec(board))
    assert report.results == {"acme": "ok"}, report.messages
    (file,) = report.files
    (record,) = next(iter(read_file(file, source="s", columns={}, batch="1"))).records.to_pylist()
    assert record["title"] in {"Welder", "Cook 0"}
    assert record["source_id"]
    assert record["employer"] in {"acme", "Acme", "Acme Ltd", "Acme Agency"}
    assert record["posted_date"]
    if board != "usajobs":
        assert "Open" in record["description"]
    if board in {"lever", "ashby", "usajobs"}:
        assert (record["pay_min"], record["pay_max"]) == ("30000", "35000")
        assert record["pay_currency"] in {"GBP", "USD"}
    if board == "lever":
        assert record["place"] == "Bristol | Cardiff"
        assert "weld" in record["description"]
    if board == "usajobs":
        assert (record["label"], record["place"]) == ("3703", "Bristol, Virginia")


@pytest.mark.parametrize("board", ["ashby", "greenhouse", "lever", "smartrecruiters", "workable"])
def test_captured_answers_of_real_boards_are_read(house: House, board: str) -> None:
    captured = CAPTURED / f"{board}.json"
    if not captured.exists():
        pytest.skip(f"{captured} is not here")
    document = json.loads(captured.read_text("utf-8"))
    jobs = document if isinstance(document, list) else document[BOARDS[board].postings]
    if board == "greenhouse":
        document["meta"]["total"] = len(jobs)  # the capture was shortened
    path = GREENHOUSE if board == "greenhouse" else BODIES[board][0]
    house.server.replies[path] = [answer(document)]
    report = house.fetch(house.spec(board, details=False))
    assert (report.results, report.postings) == ({"acme": "ok"}, len(jobs)), report.messages
    assert layout_of(file_columns(report.files[0])).name == board


# ------------------------------------------------------------------------------------------------------------ paging


def test_pages_are_followed_to_the_end_and_each_posting_is_there_once(house: House) -> None:
    for offset, size in ((0, 100), (100, 100), (200, 7)):
        house.server.replies[f"{SMART}?limit=100&offset={offset}"] = [answer(smart_page(offset, size, 207))]
    report = house.fetch(house.spec("smartrecruiters", details=False))
    assert report.results == {"acme": "ok"}
    assert [line["id"] for line in house.lines(report)] == [f"p{n}" for n in range(207)]
    assert house.coverage()[0]["pages"] == 3


def test_the_links_of_usajobs_are_followed(house: House) -> None:
    item = BODIES["usajobs"][1]["data"][0]  # type: ignore[call-overload]
    following = "/api/historicjoa?continuationtoken=x%3D"
    first = {"paging": {"metadata": {"totalCount": 2}, "next": following}, "data": [item]}
    last = {"paging": {"metadata": {"totalCount": 2}}, "data": [{**item, "usajobsControlNumber": 8}]}
    house.server.replies[following] = [answer(last)]
    house.server.replies["/api/historicjoa"] = [answer(first)]
    spec = house.spec("usajobs", ("VALA",), since=dt.date(2024, 2, 1), until=dt.date(2024, 2, 29))
    assert house.fetch(spec).postings == 2
    asked = parse_qs(urlsplit(house.server.paths()[0]).query)
    assert asked["HiringAgencyCodes"] == ["VALA"]
    assert asked["StartPositionOpenDate"] == ["2024-02-01"]


def test_no_announcement_in_the_window_is_ok(house: House) -> None:
    house.server.replies["/api/historicjoa"] = [(204, {}, b"")]
    assert house.fetch(house.spec("usajobs")).results == {"acme": "ok"}


def test_a_loop_of_pages_ends_and_what_was_seen_is_kept(house: House) -> None:
    house.server.replies[SMART] = [answer(smart_page(0, 3, 900))]  # whatever is asked
    report = house.fetch(house.spec("smartrecruiters", details=False))
    assert report.failed == ["acme"]
    assert "endless loop" in report.messages["acme"]
    assert report.requests == 2
    assert len(house.lines(report)) == 3


def test_pages_without_end_are_left_at_the_limit(house: House) -> None:
    count = iter(range(10**6))

    def another(handler: BaseHTTPRequestHandler) -> None:
        body = json.dumps(smart_page(next(count) * 5, 5, 10**6)).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    house.server.replies[SMART] = [another]
    report = house.fetch(house.spec("smartrecruiters", details=False, limits=Limits(pages=4)))
    assert report.failed == ["acme"]
    assert report.requests == 4


def test_fewer_postings_than_the_board_states_is_a_failed_poll(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1, 2, total=5), ETag='"a"')]
    report = house.fetch(house.spec())
    assert report.messages == {"acme": "2 of 5 stated postings were seen"}
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1, 2, 3))]
    report = house.fetch(house.spec())
    assert [line["id"] for line in house.lines(report)] == [1, 2, 3]  # from the beginning, and nothing twice
    assert [(row["attempt"], row["result"]) for row in house.coverage()] == [(1, "failed"), (2, "ok")]
    assert "If-None-Match" not in house.server.requests[1][1]


# ----------------------------------------------------------------------------------------------- servers in trouble


def test_too_many_requests_waits_as_long_as_the_server_says(house: House) -> None:
    house.server.replies[GREENHOUSE] = [(429, {"Retry-After": "17"}, b""), answer(greenhouse(1))]
    assert house.fetch(house.spec()).results == {"acme": "ok"}
    assert 17.0 in house.clock.slept


def test_a_pause_given_as_a_date_is_understood(house: House) -> None:
    house.server.replies[GREENHOUSE] = [
        (503, {"Retry-After": "Fri, 14 Aug 2026 12:00:40 GMT"}, b""),
        answer(greenhouse(1)),
    ]
    assert house.fetch(house.spec()).results == {"acme": "ok"}
    assert 40.0 in house.clock.slept


def test_a_host_that_asks_for_a_long_pause_is_left_alone_for_the_rest_of_the_run(house: House) -> None:
    house.server.replies[GREENHOUSE] = [(429, {"Retry-After": "86400"}, b"")]
    report = house.fetch(house.spec(employers=("acme", "beta", "gamma")))
    assert report.failed == ["acme", "beta", "gamma"]
    assert report.requests == 1
    assert sum(house.clock.slept) == 0
    assert [row["http_status"] for row in house.coverage()] == [429, None, None]


def test_an_error_of_the_server_is_tried_again_with_growing_pauses(house: House) -> None:
    house.server.replies[GREENHOUSE] = [(500, {}, b""), (502, {}, b""), (500, {}, b""), answer(greenhouse(1))]
    assert house.fetch(house.spec(limits=Limits(interval_s=0))).results == {"acme": "ok"}
    first, second, third = house.clock.slept
    assert 0.7 < first < 1.3 < second < 2.6 < third < 5.1


def test_an_error_that_lasts_is_a_failed_poll_and_the_next_employer_is_asked(house: House) -> None:
    house.server.replies[GREENHOUSE] = [(500, {}, b"")]
    house.server.replies["/v1/boards/beta/jobs"] = [answer(greenhouse(1))]
    report = house.fetch(house.spec(employers=("acme", "beta"), limits=Limits(attempts=3)))
    assert report.results == {"acme": "failed", "beta": "ok"}
    assert report.messages["acme"] == "HTTP 500 (3 attempts)"
    assert report.requests == 4


def test_json_cut_off_is_tried_again_and_then_a_failed_poll(house: House) -> None:
    whole = json.dumps(greenhouse(1)).encode()
    house.server.replies[GREENHOUSE] = [answer(whole[:-40]), answer(whole)]
    assert house.fetch(house.spec()).results == {"acme": "ok"}
    house.server.replies["/v1/boards/beta/jobs"] = [answer(whole[:-40])]
    report = house.fetch(house.spec(employers=("beta",)))
    assert report.failed == ["beta"]
    assert "cannot be read" in report.messages["beta"]


def test_an_answer_shorter_than_announced_is_tried_again(house: House) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(b'{"jobs": [')

    house.server.replies[GREENHOUSE] = [short, answer(greenhouse(1))]
    assert house.fetch(house.spec()).results == {"acme": "ok"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"openings": [{"id": 1}], "meta": {}}, "no list 'jobs'; it is an object with openings, meta"),
        ({"jobs": [{"uid": 1, "name": "Nurse"}]}, "none of the 1 postings has 'id' and 'title'"),
        ({"jobs": "none"}, "no list 'jobs'"),
        ([], "it is a list"),
        ({"jobs": [1, 2]}, "the first is a int"),
    ],
)
def test_a_changed_schema_is_a_failed_poll_that_says_what_is_there(
    house: House, document: Any, said: str
) -> None:
    house.server.replies[GREENHOUSE] = [answer(document)]
    report = house.fetch(house.spec())
    assert report.failed == ["acme"]
    assert said in report.messages["acme"]
    assert report.requests == 1  # the same again would say the same


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_slow_drip_is_cut_off(house: House, where: str) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if where == "body":
            handler.wfile.write(b"Content-Length: 1000\r\n\r\n")
        for _ in range(60):
            handler.wfile.write(b"X" if where == "body" else b"X-A: b\r\n")
            handler.wfile.flush()
            time.sleep(0.02)

    house.server.replies[GREENHOUSE] = [drip]
    began = time.monotonic()
    report = house.fetch(house.spec(limits=Limits(answer_s=0.15, idle_s=0.1, attempts=1)))
    assert time.monotonic() - began < 1
    assert report.messages == {"acme": "no whole answer within 0.15 s (1 attempts)"}


def test_an_endless_body_and_a_bomb_are_cut_off(house: House) -> None:
    bomb = gzip.compress(b" " * 3_000_000)
    house.server.replies[GREENHOUSE] = [answer(bomb, Content_Encoding="gzip")]
    house.server.replies["/v1/boards/beta/jobs"] = [answer(b" " * 3_000_000)]
    report = house.fetch(house.spec(employers=("acme", "beta"), limits=Limits(body_bytes=1_000_000)))
    assert set(report.messages.values()) == {"the answer is larger than 1,000,000 bytes"}
    assert report.requests == 2


def test_packed_answers_are_unpacked_and_a_cut_one_is_tried_again(house: House) -> None:
    packed = gzip.compress(json.dumps(greenhouse(1)).encode())
    house.server.replies[GREENHOUSE] = [
        answer(packed[:-12], Content_Encoding="gzip"),
        answer(packed, Content_Encoding="gzip"),
    ]
    assert house.fetch(house.spec()).results == {"acme": "ok"}


def test_a_server_that_is_not_there_is_a_failed_poll(house: House) -> None:
    report = house.fetch(replace(house.spec(), base_url="http://127.0.0.1:9", limits=Limits(attempts=2)))
    assert report.failed == ["acme"]
    assert "ConnectError" in report.messages["acme"]


# ------------------------------------------------------------------------------------------------------------ manners


def test_what_did_not_change_is_not_sent_again(house: House) -> None:
    house.server.replies[GREENHOUSE] = [
        answer(greenhouse(1, 2), ETag='"v1"', Last_Modified="Thu, 13 Aug 2026 00:00:00 GMT"),
        (304, {}, b""),
    ]
    house.fetch(house.spec(batch="2026-08-13"))
    report = house.fetch(house.spec(batch="2026-08-14"))
    headers = house.server.requests[1][1]
    assert headers["If-None-Match"] == '"v1"'
    assert headers["If-Modified-Since"] == "Thu, 13 Aug 2026 00:00:00 GMT"
    row = house.coverage()[1]
    assert (row["result"], row["http_status"], row["postings_seen"]) == ("not_modified", 304, 2)
    assert row["file"] == "2026-08-13/boards-greenhouse-acme.jsonl"  # where they are
    assert report.files == []


def test_everything_is_asked_again_where_the_earlier_file_is_gone(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1), ETag='"v1"')]
    (path,) = house.fetch(house.spec(batch="2026-08-13")).files
    path.unlink()
    assert house.fetch(house.spec(batch="2026-08-14")).results == {"acme": "ok"}
    assert "If-None-Match" not in house.server.requests[1][1]


def test_requests_to_one_host_keep_their_distance(house: House) -> None:
    for employer in ("acme", "beta", "gamma"):
        house.server.replies[f"/v1/boards/{employer}/jobs"] = [answer(greenhouse(1))]
    house.fetch(house.spec(employers=("acme", "beta", "gamma"), limits=Limits(interval_s=3)))
    assert house.clock.slept == [3, 3]


def test_the_user_agent_is_the_one_that_was_given(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1))]
    house.fetch(house.spec(user_agent="Example Institute (jobs@example.org)"))
    assert house.server.requests[0][1]["User-Agent"] == "Example Institute (jobs@example.org)"


def test_a_key_goes_to_its_server_only_and_into_no_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USAJOBS_API_KEY", "s3cret-key")
    other = Server()
    house.server.replies["/api/historicjoa"] = [(302, {"Location": f"{other.url}/elsewhere?s3cret-key"}, b"")]
    other.replies["/elsewhere"] = [(403, {}, b"")]
    report = house.fetch(house.spec("usajobs"))
    other.close()
    assert report.failed == ["acme"]
    assert house.server.requests[0][1]["Authorization-Key"] == "s3cret-key"
    assert "Authorization-Key" not in other.requests[0][1]
    written = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert b"s3cret" not in written
    assert "s3cret" not in str(report)


def test_two_processes_do_not_ask_with_one_state(house: House) -> None:
    from storage import exclusive_lock

    with exclusive_lock(house.folder / ".state.lock"), pytest.raises(LockedError):
        house.fetch(house.spec())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"board": "monster"}, "the boards are greenhouse, lever"),
        ({"employers": ()}, "employers"),
        ({"board": "pages"}, "urls"),
        ({"batch": "../x"}, "names a folder"),
        ({"urls": ("file:///etc/passwd",)}, "no address of a web page"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused(house: House, change: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        house.fetch(replace(house.spec(), **change))


def test_an_employer_s_name_cannot_leave_the_folder(house: House) -> None:
    house.server.replies["/v1/boards/..%2F..%2Fx/jobs"] = [answer(greenhouse(1))]
    (path,) = house.fetch(house.spec(employers=("../../x",))).files
    assert path.resolve().parent == (house.folder / "into" / "2026-08-14").resolve()


# ---------------------------------------------------------------------------------------------------------- a cut run


def test_a_failed_poll_goes_on_from_its_page_in_the_same_batch(house: House) -> None:
    house.server.replies[f"{SMART}?limit=100&offset=0"] = [answer(smart_page(0, 100, 150))]
    house.server.replies[f"{SMART}?limit=100&offset=100"] = [(500, {}, b"")]
    spec = house.spec("smartrecruiters", details=False, limits=Limits(attempts=1))
    report = house.fetch(spec)
    assert report.failed == ["acme"]
    assert len(house.lines(report)) == 100
    house.server.replies[f"{SMART}?limit=100&offset=100"] = [answer(smart_page(100, 50, 150))]
    report = house.fetch(spec)
    assert report.requests == 1
    assert [line["id"] for line in house.lines(report)] == [f"p{n}" for n in range(150)]
    assert [(row["attempt"], row["result"], row["postings_seen"]) for row in house.coverage()] == [
        (1, "failed", 100),
        (2, "ok", 150),
    ]


def test_a_run_killed_between_pages_goes_on_where_it_stopped(house: House) -> None:
    waits = threading.Event()
    house.server.replies[f"{SMART}?limit=100&offset=0"] = [answer(smart_page(0, 100, 150))]
    house.server.replies[f"{SMART}?limit=100&offset=100"] = [
        lambda handler: (waits.set(), handler.rfile.read())[0],
        answer(smart_page(100, 50, 150)),
    ]
    program = textwrap.dedent(
        f"""
        from pathlib import Path
        from postings.fetch import FetchSpec, Limits, fetch
        spec = FetchSpec("boards", "smartrecruiters", "2026-08-14", ("acme",), details=False,
                         limits=Limits(interval_s=0), base_url={house.server.url!r})
        folder = Path({str(house.folder)!r})
        fetch(spec, folder / "into", folder / "state", folder / "coverage.jsonl")
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    assert waits.wait(20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (part,) = (house.folder / "into").rglob("*.part")
    with part.open("ab") as file:
        file.write(b'{"id": "torn')  # what a kill inside a write leaves
    assert house.coverage() == []
    report = house.fetch(house.spec("smartrecruiters", details=False))
    assert report.requests == 1
    assert [line["id"] for line in house.lines(report)] == [f"p{n}" for n in range(150)]
    assert not list((house.folder / "into").rglob("*.part"))


def test_a_torn_or_repeated_row_of_the_coverage_table_does_no_harm(house: House) -> None:
    house.server.replies[GREENHOUSE] = [answer(greenhouse(1))]
    house.fetch(house.spec())
    path = house.folder / "coverage.jsonl"
    row = json.loads(path.read_text("utf-8"))
    with path.open("a") as file:
        file.write('{"source": "bo')
    append_coverage(path, {**row, "employer": "beta"})
    append_coverage(path, row)
    assert [entry["employer"] for entry in house.coverage()] == ["beta", "acme"]


# --------------------------------------------------------------------------------------------------------- web pages


def page(*titles: str) -> bytes:
    scripts = "".join(
        '<script type="application/ld+json">'
        + json.dumps(
            {
                "@context": "https://schema.org",
                "@type": "JobPosting",
                "title": title,
                "datePosted": "2026-08-01",
                "hiringOrganization": {"name": "Acme"},
                "jobLocation": {"address": {"addressLocality": "Leeds", "addressCountry": "GB"}},
            }
        )
        + "</script>"
        for title in titles
    )
    return f"<html><head>{scripts}</head><body>Jobs</body></html>".encode()


def sitemap(*urls: str) -> bytes:
    return ("<urlset>" + "".join(f"<url><loc> {url} </loc></url>" for url in urls) + "</urlset>").encode()


def pages_spec(house: House, **options: Any) -> FetchSpec:
    options.setdefault("batch", "2026-08-14")
    return FetchSpec("careers", "pages", **options)


def test_pages_of_a_sitemap_become_postings_that_the_file_source_reads(house: House) -> None:
    here = house.server.url
    house.server.replies["/robots.txt"] = [answer(b"User-agent: *\nCrawl-delay: 7\nDisallow: /private/")]
    house.server.replies["/index.xml"] = [
        answer(f"<sitemapindex><loc>{here}/jobs.xml</loc></sitemapindex>".encode())
    ]
    listed = sitemap(f"{here}/jobs/1", f"{here}/jobs/2", f"{here}/about", "https://elsewhere.example/jobs/3")
    house.server.replies["/jobs.xml"] = [answer(gzip.compress(listed))]
    house.server.replies["/jobs/1"] = [answer(page("Nurse"))]
    house.server.replies["/jobs/2"] = [answer(page("Cook", "Baker"))]
    report = house.fetch(pages_spec(house, sitemaps=(f"{here}/index.xml",), matching="*/jobs/*"))
    assert report.results == {here: "ok"}, report.messages
    assert "/about" not in house.server.paths()
    assert 7.0 in house.clock.slept
    (file,) = report.files
    records = next(iter(read_file(file, source="careers", columns={}, batch="1"))).records.to_pylist()
    assert [(r["title"], r["employer"], r["city"], r["url"]) for r in records] == [
        ("Nurse", "Acme", "Leeds", f"{here}/jobs/1"),
        ("Cook", "Acme", "Leeds", f"{here}/jobs/2"),
        ("Baker", "Acme", "Leeds", f"{here}/jobs/2"),
    ]


def test_what_robots_txt_denies_is_not_fetched(house: House) -> None:
    here = house.server.url
    house.server.replies["/robots.txt"] = [
        answer(
            b"User-agent: *\nAllow: /\n\nUser-agent: Jobtide\nDisallow: /jobs/*/apply\nDisallow: /private/"
        )
    ]
    house.server.replies["/jobs/1"] = [answer(page("Nurse"))]
    house.server.replies["/jobs/2"] = [(301, {"Location": "/private/2"}, b"")]
    urls = (f"{here}/jobs/1", f"{here}/private/x", f"{here}/jobs/1/apply", f"{here}/jobs/2")
    report = house.fetch(pages_spec(house, urls=urls))
    assert house.server.paths() == ["/robots.txt", "/jobs/1", "/jobs/2"]
    assert report.failed == [here]
    assert "robots.txt denies 2 pages" in report.messages[here]
    assert house.coverage()[0]["postings_seen"] == 1


@pytest.mark.parametrize(("status", "fetched"), [(404, True), (403, True), (500, False)])
def test_a_missing_robots_txt_allows_and_a_broken_one_denies(
    house: House, status: int, fetched: bool
) -> None:
    house.server.replies["/robots.txt"] = [(status, {}, b"")]
    house.server.replies["/jobs/1"] = [answer(page("Nurse"))]
    house.fetch(pages_spec(house, urls=(f"{house.server.url}/jobs/1",), limits=Limits(attempts=1)))
    assert ("/jobs/1" in house.server.paths()) is fetched


def test_pages_that_did_not_change_are_carried_over_so_that_their_jobs_do_not_close(house: House) -> None:
    here = house.server.url
    house.server.replies["/jobs/1"] = [answer(page("Nurse"), ETag='"1"'), (304, {}, b"")]
    house.server.replies["/jobs/2"] = [answer(page("Cook"), ETag='"2"'), (404, {}, b"")]
    house.server.replies["/jobs/3"] = [(404, {}, b""), answer(page("Baker"))]
    urls = tuple(f"{here}/jobs/{n}" for n in (1, 2, 3))
    house.fetch(pages_spec(house, urls=urls, batch="2026-08-13"))
    report = house.fetch(pages_spec(house, urls=urls))
    assert report.results == {here: "ok"}
    lines = house.lines(report)
    assert [line["title"] for line in lines] == ["Nurse", "Baker"]
    assert lines[0]["_fetch"]["unchanged_since"] == "2026-08-14"  # the clock of this test stands still
    house.server.replies["/jobs/1"] = house.server.replies["/jobs/3"] = [(304, {}, b"")]
    report = house.fetch(pages_spec(house, urls=urls[:1], batch="2026-08-15"))
    assert report.results == {here: "not_modified"}
    assert [line["title"] for line in house.lines(report)] == ["Nurse"]


def test_a_site_goes_on_with_the_pages_it_has_not_visited(house: House) -> None:
    here = house.server.url
    house.server.replies["/jobs/1"] = [answer(page("Nurse"))]
    house.server.replies["/jobs/2"] = [(500, {}, b"")]
    spec = pages_spec(house, urls=(f"{here}/jobs/1", f"{here}/jobs/2"), limits=Limits(attempts=1))
    assert house.fetch(spec).failed == [here]
    house.server.replies["/jobs/2"] = [answer(page("Cook"))]
    report = house.fetch(spec)
    assert house.server.paths().count("/jobs/1") == 1
    assert [line["title"] for line in house.lines(report)] == ["Nurse", "Cook"]


def test_a_broken_posting_of_a_page_is_told_and_the_others_are_kept(house: House) -> None:
    here = house.server.url
    broken = page("Nurse") + b'<script type="application/ld+json">{"@type": "JobPosting", "title": </script>'
    house.server.replies["/jobs/1"] = [answer(broken)]
    report = house.fetch(pages_spec(house, urls=(f"{here}/jobs/1",)))
    assert report.failed == [here]
    assert "no JSON" in report.messages[here]
    assert len(house.lines(report)) == 1


def test_several_sites_are_visited_side_by_side_each_with_one_request_at_a_time(house: House) -> None:
    other = Server()
    busy: dict[str, int] = {}
    most: dict[str, int] = {}
    met = threading.Barrier(2, timeout=5)

    def slow(name: str) -> Callable[[BaseHTTPRequestHandler], None]:
        def reply(handler: BaseHTTPRequestHandler) -> None:
            busy[name] = busy.get(name, 0) + 1
            most[name] = max(most.get(name, 0), busy[name])
            with contextlib.suppress(threading.BrokenBarrierError):
                met.wait()  # passes only if both sites are being asked
            busy[name] -= 1
            body = page("Nurse")
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return reply

    for name, server in (("a", house.server), ("b", other)):
        for number in range(3):
            server.replies[f"/{number}"] = [slow(name)]
    urls = tuple(f"{server.url}/{n}" for n in range(3) for server in (house.server, other))
    report = house.fetch(pages_spec(house, urls=urls))
    other.close()
    assert sorted(report.results.values()) == ["ok", "ok"]
    assert most == {"a": 1, "b": 1}
    assert not met.broken
