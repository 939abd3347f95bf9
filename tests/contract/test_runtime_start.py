"""From the start of the process to the open port, and all failures in between."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from contract.runtime_process import (
    FUNCTIONS,
    PATIENCE,
    ended,
    environment,
    free_port,
    serving,
    started,
)


def last_line(log: str) -> str:
    """Return the last line of a log."""
    return log.rstrip().splitlines()[-1]


@pytest.mark.row("R4")
def test_start_hook_gets_the_environment(tmp_path: Path) -> None:
    """start(cfg) gets the environment as a dict, with the platform's variables."""
    variables = {"K_SERVICE": "greeter", "MINE": "1"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        configuration = runtime.get("/env").json()

        assert ("greeter", "1") == (configuration["K_SERVICE"], configuration["MINE"])
        assert str(runtime.port) == configuration["PORT"]


@pytest.mark.row("R23")
def test_slow_start(tmp_path: Path) -> None:
    """During start(), the process is alive and not ready, and requests wait. Then it serves."""
    gate = tmp_path / "gate"
    folder, variables = FUNCTIONS / "runtime_slow_start", {"START_UNTIL": str(gate)}
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_open()
        assert "is serving" not in runtime.log
        assert 200 == runtime.get("/health/liveness").status_code
        assert 503 == runtime.get("/health/readiness").status_code

        with runtime.waiting() as connection:
            gate.touch()

            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert 200 == runtime.get("/health/readiness").status_code


@pytest.mark.row("R21")
def test_quick_start_opens_the_port_when_done(tmp_path: Path) -> None:
    """If start() takes less than a second, the port opens after it (Knative's TCP probe)."""
    gate = tmp_path / "gate"
    variables = {"START_UNTIL": str(gate), "PORT_OPENS_AFTER": "600"}
    folder = FUNCTIONS / "runtime_slow_start"
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_logged("starting")
        with pytest.raises(ConnectionRefusedError):
            runtime.connect()
        gate.touch()
        runtime.until_open()

        assert 200 == runtime.get("/health/readiness").status_code


@pytest.mark.row("R9", "H6")
def test_start_fails() -> None:
    """If start() raises, the process exits with 1, and its log ends with the traceback."""
    variables = {"START_ERROR": "no database"}
    status, log = ended(FUNCTIONS / "runtime_slow_start", variables=variables)

    assert 1 == status
    assert "ERROR: The function failed: start() raised an exception" in log
    assert "ConnectionError: no database" == last_line(log)
    assert "is serving" not in log
    assert "stopped" not in log


@pytest.mark.row("R9", "H6")
def test_start_fails_with_the_port_open(tmp_path: Path) -> None:
    """The same if it fails late. A waiting request gets 503."""
    gate = tmp_path / "gate"
    folder = FUNCTIONS / "runtime_slow_start"
    variables = {"START_UNTIL": str(gate), "START_ERROR": "no database"}
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_open()
        with runtime.waiting() as connection:
            gate.touch()

            assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert 1 == runtime.ended()
        assert "ERROR: The function failed: start() raised an exception" in runtime.log
        assert "ConnectionError: no database" == last_line(runtime.log)
        assert "is serving" not in runtime.log
        assert "stopped" not in runtime.log


@pytest.mark.parametrize(
    ("function", "status", "title", "last"),
    [
        ("new_raises", 1, "The function failed: new() raised an exception", "db01"),
        ("import_missing", 1, "The function failed: its import raised an exception", "be_found'"),
        ("syntax_error", 1, "The function failed: its import raised an exception", "expected ':'"),
        ("handler_missing", 2, "The function has neither new nor handle", "from .func import new"),
        ("package_missing", 2, "There is no package named function", "in its src/."),
        ("yaml_invalid", 2, "func.yaml is not valid YAML", "start again."),
    ],
)
@pytest.mark.row("R9", "H17")
def test_start_of_a_broken_function(function: str, status: int, title: str, last: str) -> None:
    """A broken function has a message with a title, and its own exit code."""
    found, log = ended(FUNCTIONS / function)

    assert status == found
    assert f"ERROR: {title}\n" in log
    assert last_line(log).endswith(last)


def test_traceback_begins_with_the_function() -> None:
    """The traceback of a failed import has no calls of the runtime or of the import system."""
    _, log = ended(FUNCTIONS / "import_missing")

    assert "nowhere_to_be_found" in log
    assert "func_runtime/" not in log
    assert "importlib" not in log


def test_failure_as_json() -> None:
    """With LOG_FORMAT=json a failed start is one line of JSON too, with the traceback in it."""
    status, log = ended(FUNCTIONS / "new_raises", variables={"LOG_FORMAT": "json"})

    entry = json.loads(last_line(log))
    assert 1 == status
    assert "The function failed: new() raised an exception" == entry["message"]
    assert entry["exception"].rstrip().endswith("ConnectionError: no database at db01")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("LISTEN_ADDRESS", "unix:///tmp/socket"),
        ("FUNC_INVOKE", "grpc"),
        ("FUNC_SHUTDOWN_SECONDS", "soon"),
    ],
)
def test_setting_malformed(name: str, value: str) -> None:
    """An invalid setting is logged with its value, and the process exits with 2."""
    status, log = ended(FUNCTIONS / "runtime_http", variables={name: value})

    assert 2 == status
    assert "ERROR: Invalid setting" in log
    assert f"Setting:  {name}\nFound:    {value}\n" in log


@pytest.mark.parametrize("variable", ["PORT", "LISTEN_ADDRESS"])
@pytest.mark.row("S4")
def test_address_in_use(variable: str) -> None:
    """An address that another process listens on ends the process with 3."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        value = port if variable == "PORT" else f"127.0.0.1:{port}"
        status, log = ended(FUNCTIONS / "runtime_http", variables={variable: value})

    assert 3 == status
    assert "ERROR: Cannot listen on address" in log
    assert f":{port}" in log
    assert "EADDRINUSE" in log


def test_address_taken_while_starting(tmp_path: Path) -> None:
    """The same if another process starts to listen there during start(). Then stop() runs."""
    gate = tmp_path / "gate"
    variables = {"START_UNTIL": str(gate), "PORT_OPENS_AFTER": "600"}
    folder = FUNCTIONS / "runtime_slow_start"
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_logged("starting")
        with socket.create_server(("127.0.0.1", runtime.port)):
            gate.touch()
            assert 3 == runtime.ended()

        assert "stopped" in runtime.log
        assert "ERROR: Cannot listen on address" in runtime.log


WAITING_START = """
import asyncio, logging

class Function:
    async def start(self, cfg):
        logging.info("starting")
        await asyncio.Event().wait()

    def stop(self):
        logging.info("stopped")

    async def handle(self, scope, receive, send):
        pass

from func_runtime.lifecycle import serve
serve.OPEN_AFTER = 2.0
new = Function
"""


def test_address_taken_in_a_long_start(tmp_path: Path) -> None:
    """If the port cannot be opened during a long start, the process does not wait for start()."""
    (tmp_path / "function.py").write_text(WAITING_START)
    with started(tmp_path, tmp_path / "log") as runtime:
        runtime.until_logged("starting")
        with socket.create_server(("127.0.0.1", runtime.port)):
            assert 3 == runtime.ended()

        assert "stopped" in runtime.log
        assert "ERROR: Cannot listen on address" in runtime.log


LOOP_WHILE_LOADING = """
import asyncio

loop = asyncio.get_event_loop()

async def handle(scope, receive, send):
    assert asyncio.get_running_loop() is loop
    assert isinstance(loop, asyncio.BaseEventLoop)
"""


def test_event_loop(tmp_path: Path) -> None:
    """If asyncio's event loop is selected, the function is loaded with it."""
    (tmp_path / "function.py").write_text(LOOP_WHILE_LOADING)
    variables = {"FUNC_EVENT_LOOP": "asyncio"}
    with serving(tmp_path, tmp_path / "log", variables=variables) as runtime:
        assert 204 == runtime.get("/").status_code


@pytest.mark.parametrize("check", ["import", "new"])
def test_check(tmp_path: Path, check: str) -> None:
    """--check loads the function, reports that and exits, without start() and without a port."""
    assert (0, "It loads\n") == ended(FUNCTIONS / "runtime_http", "--check", check)


@pytest.mark.parametrize(("check", "status"), [("import", 0), ("new", 1)])
def test_check_finds_what_it_looks_at(check: str, status: int) -> None:
    """--check import does not call new(); --check new does."""
    assert status == ended(FUNCTIONS / "new_raises", "--check", check)[0]


def test_check_finds_a_missing_handle(tmp_path: Path) -> None:
    """--check new checks that the object of new() can be served."""
    (tmp_path / "function.py").write_text("new = object\n")

    status, log = ended(tmp_path, "--check", "new")

    assert 2 == status
    assert "ERROR: The function has no handle that can be called" in log


@pytest.mark.row("S1")
def test_port_option(tmp_path: Path) -> None:
    """--port replaces PORT."""
    port = free_port()
    folder = FUNCTIONS / "runtime_http"
    with started(folder, tmp_path / "log", "--port", str(port), port=free_port()) as runtime:
        runtime.port = port
        runtime.until_open()
        assert 200 == runtime.get("/").status_code
        runtime.signal()

        assert 0 == runtime.ended()


def test_argument_unknown() -> None:
    """An unknown argument ends the process with 2 and the usage."""
    status, log = ended(FUNCTIONS / "runtime_http", "--prot", "1")

    assert 2 == status
    assert "usage: python -m func_runtime" in log


def test_console_script() -> None:
    """The console script is the same as `python -m func_runtime`."""
    code = "from func_runtime.__main__ import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--check", "new"],
        cwd=FUNCTIONS / "runtime_http",
        env=environment(None),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (0, "") == (result.returncode, result.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_during_the_import(tmp_path: Path, number: int) -> None:
    """A signal while the function is loading ends the process normally."""
    source = "import logging, time\nlogging.info('loading')\ntime.sleep(600)\n"
    (tmp_path / "function.py").write_text(source)
    with started(tmp_path, tmp_path / "log") as runtime:
        runtime.until_logged("loading")
        runtime.signal(number)

        assert 0 == runtime.ended()
        assert "Stopped while the function was loading" in runtime.log


def test_function_in_sources(tmp_path: Path) -> None:
    """A function in src/ is found. A function that is only a handle needs no new()."""
    with serving(FUNCTIONS / "runtime_sources", tmp_path / "log") as runtime:
        assert "from src" == runtime.get("/").text


ANSWERING_MODULES = """
import sys
async def handle(scope, receive, send):
    body = " ".join(sorted(sys.modules)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""

# Modules that only a command line, YAML, events, WebSockets, JSON logs or a failure need.
UNNEEDED = {
    *("argparse", "click", "cloudevents", "func_runtime.cli"),
    *("func_runtime.cloudevents", "func_runtime.log.messages"),
    *("func_runtime.websocket.websocket", "func_runtime.websocket.protocol", "websockets"),
    *(
        "func_runtime.app.access_log",
        "func_runtime.app.request_limits",
        "func_runtime.log.trace_context",
    ),
    *("func_runtime.app.telemetry", "opentelemetry"),
    *("func_runtime.function.application_lifespan", "func_runtime.lifecycle.startup_thread"),
    *("func_runtime.reload", "func_runtime.testing", "httpx", "watchfiles"),
    *("uuid", "yaml", "zipfile", "zlib"),
    *("configparser", "email", "http", "json", "logging.config", "multiprocessing"),
    *("random", "shutil", "tempfile", "urllib.request"),
}
# The maximum, including the modules that Python itself loads.
MOST = 200


@pytest.mark.row("R6")
def test_modules_of_a_start(tmp_path: Path) -> None:
    """A start imports nothing that an HTTP function without hooks does not need."""
    (tmp_path / "function.py").write_text(ANSWERING_MODULES)
    variables = {"FUNC_INVOKE": "http", "COVERAGE_PROCESS_START": ""}
    with serving(tmp_path, tmp_path / "log", variables=variables) as runtime:
        loaded = set(runtime.get("/").text.split())

    assert "func_runtime.http.protocol" in loaded
    assert set() == loaded & UNNEEDED
    assert len(loaded) <= MOST


@pytest.mark.row("R13")
def test_read_only_folder_without_home(tmp_path: Path) -> None:
    """A start writes no files, and needs no HOME."""
    folder = tmp_path / "function-folder"
    shutil.copytree(FUNCTIONS / "runtime_http", folder)
    before = sorted(folder.rglob("*"))
    with serving(folder, tmp_path / "log") as runtime:
        assert 200 == runtime.get("/").status_code

    assert before == sorted(folder.rglob("*"))
