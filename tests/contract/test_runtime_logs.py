"""What the log has of requests: their trace, and the access log."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.runtime_process import FUNCTIONS, serving

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADERS = {"traceparent": f"00-{TRACE}-{SPAN}-01", "authorization": "Bearer hunter2"}

LOGGING = """
import logging

{kind} handle(scope, receive, send):
    logging.info("at work", extra={{"order": 7}})
    if scope["path"] == "/fail":
        raise RuntimeError("mine")
"""


def entries(log: str) -> list[dict[str, Any]]:
    """Return the lines of a JSON log."""
    return [json.loads(line) for line in log.splitlines()]


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_trace(tmp_path: Path, kind: str) -> None:
    """With LOG_FORMAT=json what is logged in a request has its trace: the function's lines too."""
    (tmp_path / "function.py").write_text(LOGGING.format(kind=kind))
    variables = {"LOG_FORMAT": "json", "K_SERVICE": "greeter", "K_REVISION": "greeter-00001"}
    with serving(tmp_path, tmp_path / "log", variables=variables) as runtime:
        runtime.get("/fail", headers=HEADERS)
        runtime.get("/")

    found = entries(runtime.log)
    traced = [entry for entry in found if "trace_id" in entry]
    assert ["at work", "GET '/fail' raised an exception"] == [each["message"] for each in traced]
    assert {(TRACE, SPAN)} == {(each["trace_id"], each["span_id"]) for each in traced}
    assert [7, 7] == [each["order"] for each in found if each["message"] == "at work"]
    assert {("greeter", "greeter-00001")} == {(each["service"], each["revision"]) for each in found}


@pytest.mark.row("H14", "U26")
def test_access_log(tmp_path: Path) -> None:
    """FUNC_ACCESS_LOG=1 logs a line after each request, without its query, and no health check."""
    variables = {"FUNC_ACCESS_LOG": "1"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        runtime.get("/?password=hunter2", headers=HEADERS)
        runtime.get("/nothing")
        runtime.get("/fail%0A%1b%C2%85")
        for path in ("/health/liveness", "/health/readiness/", "/live"):
            runtime.get(path)

    lines = re.findall(r"INFO     func_runtime\.access: (.*) \d+\.\d ms\n", runtime.log)
    assert ["GET '/' 200", "GET '/nothing' 204", r"GET '/fail\n\x1b\x85' 500"] == lines
    assert "hunter2" not in runtime.log


def test_access_log_as_json(tmp_path: Path) -> None:
    """As JSON its line has fields, and the trace of the request."""
    variables = {"FUNC_ACCESS_LOG": "1", "LOG_FORMAT": "json"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        runtime.get("/nothing?password=hunter2", headers=HEADERS)

    (line,) = (each for each in entries(runtime.log) if each["logger"] == "func_runtime.access")
    assert ("GET", "/nothing", 204) == (line["method"], line["path"], line["status"])
    assert 0 < line["ms"] < 10_000
    assert TRACE == line["trace_id"]
    assert "hunter2" not in runtime.log


def test_access_log_of_what_is_cut_off(tmp_path: Path) -> None:
    """An answer that could not be completed says so in its line."""
    variables = {"FUNC_ACCESS_LOG": "1"}
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        runtime.get("/half")

    assert re.search(r"GET '/half' 200 \d+\.\d ms, cut off\n", runtime.log)


PRINTING = """
import logging

async def handle(scope, receive, send):
    print("printed")
    logging.info("logged")
"""


@pytest.mark.row("R11")
def test_output_is_seen_at_once(tmp_path: Path) -> None:
    """What the function prints or logs is there before its answer, in order."""
    (tmp_path / "function.py").write_text(PRINTING)
    with serving(tmp_path, tmp_path / "log") as runtime:
        runtime.get()
        printed, logged = runtime.log.splitlines()[-2:]

    assert "printed" == printed
    assert logged.endswith("logged")
