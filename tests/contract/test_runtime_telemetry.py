"""Traces and metrics that reach a collector."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from contract.runtime_process import FUNCTIONS, serving

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def collecting() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Run a collector; yield its address and what it gets, by path."""
    collected: dict[str, bytes] = {}

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collected[self.path] = collected.get(self.path, b"") + body
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", collected
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("named", [{}, {"OTEL_SERVICE_NAME": "greeter"}], ids=["knative", "otel"])
def test_collector(tmp_path: Path, named: dict[str, str]) -> None:
    """A collector gets spans and metrics by the end of the process, and a log names the trace."""
    with collecting() as (url, collected):
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "LOG_FORMAT": "json",
            "K_SERVICE": "other" if named else "greeter",
        }
        log = tmp_path / "log"
        folder = FUNCTIONS / "runtime_http"
        with serving(folder, log, variables=variables | named) as runtime:
            headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            assert 500 == runtime.get("/fail?password=hunter2", headers=headers).status_code
            runtime.get("/health/liveness", headers={"traceparent": f"00-{'a' * 32}-{CALLER}-01"})

    assert {"/v1/traces", "/v1/metrics"} == collected.keys()
    assert bytes.fromhex(TRACE) in collected["/v1/traces"]
    assert bytes.fromhex("aa" * 16) not in collected["/v1/traces"]
    assert b"http.server.request.duration" in collected["/v1/metrics"]
    for content in collected.values():
        assert b"greeter" in content
        assert b"other" not in content
        assert b"hunter2" not in content
    (failed,) = (each for each in map(json.loads, runtime.log.splitlines()) if "trace_id" in each)
    assert TRACE == failed["trace_id"]
    assert CALLER != failed["span_id"]


def test_exporter_that_is_not_installed(tmp_path: Path) -> None:
    """If telemetry is not possible, the log has one line, and the function serves."""
    variables = {"OTEL_TRACES_EXPORTER": "carrier-pigeon"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        assert 200 == runtime.get("/").status_code

    assert 1 == runtime.log.count("WARNING  func_runtime: No telemetry: the traces exporter")
    assert "Add opentelemetry-sdk and " in runtime.log
