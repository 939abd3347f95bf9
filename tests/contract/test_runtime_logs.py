"""Requests in the log: their traces, and the access log."""

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
    """With LOG_FORMAT=json, all lines within a request have its trace, also the function's."""
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


def test_settings(tmp_path: Path) -> None:
    """The first line has the settings that the platform has set, with their values."""
    variables = {"FUNC_THREADS": "4", "FUNC_INVOKE": "http", "SECRET_TOKEN": "hunter2"}
    variables["FUNC_LAME_DUCK_SECONDS"] = "0"
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        first = runtime.log.splitlines()[0]

    expected = "FUNC_INVOKE=http, FUNC_THREADS=4, FUNC_LAME_DUCK_SECONDS=0"
    assert first.endswith(f" func_runtime: Settings: PORT={runtime.port}, {expected}")


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
    """The line of an incomplete response shows that."""
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
    """The function's output and log lines appear before its response, in order."""
    (tmp_path / "function.py").write_text(PRINTING)
    with serving(tmp_path, tmp_path / "log") as runtime:
        runtime.get()
        printed, logged = runtime.log.splitlines()[-2:]

    assert "printed" == printed
    assert logged.endswith("logged")


FAILING = """
async def handle(scope, receive, send):
    logging.getLogger("mine").info("mine too")
    raise KeyError("boom")
"""
DICT_CONFIG = """
import logging.config
logging.config.dictConfig({
    "version": 1,
    "formatters": {"f": {"format": "MINE %(levelname)s %(name)s %(message)s"}},
    "handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f"}},
    "root": {"level": "INFO", "handlers": ["h"]},
})
"""
FILE_CONFIG = """
import io, logging.config
logging.config.fileConfig(io.StringIO('''
[loggers]
keys=root
[handlers]
keys=h
[formatters]
keys=f
[logger_root]
level=CRITICAL
handlers=h
[handler_h]
class=StreamHandler
formatter=f
args=()
[formatter_f]
format=MINE %(levelname)s %(name)s %(message)s
'''))
"""
INTERCEPTING = """
import logging, sys
class Intercept(logging.Handler):
    def emit(self, record):
        text = logging.Formatter().format(record)
        print("MINE", record.levelname, record.name, text, file=sys.stderr)
logging.basicConfig(handlers=[Intercept()], level=0, force=True)
for name in logging.root.manager.loggerDict:
    logging.getLogger(name).handlers = []
    logging.getLogger(name).propagate = True
"""
MINE, OURS = "MINE ERROR func_runtime GET '/'", "Z ERROR    func_runtime: GET '/'"
SET_UPS = {
    "dictConfig": (DICT_CONFIG, MINE),
    "fileConfig, the root's level raised": (FILE_CONFIG, MINE),
    "a handler that passes records on": (INTERCEPTING, MINE),
    "disable": ("import logging; logging.disable(logging.CRITICAL)", OURS),
    "the root's level": ("import logging; logging.root.setLevel(logging.CRITICAL + 1)", OURS),
    "no handlers": ("import logging; logging.root.handlers.clear()", OURS),
    "a handler that drops": (
        "import logging; logging.root.handlers[:] = [logging.NullHandler()]",
        OURS,
    ),
    "shutdown": ("import logging; logging.shutdown()", OURS),
    "our logger disabled": (
        "import logging; logging.getLogger('func_runtime').disabled = True",
        OURS,
    ),
    "our logger alone": (
        "import logging; logging.getLogger('func_runtime').propagate = False",
        OURS,
    ),
}


@pytest.mark.parametrize(("set_up", "line"), SET_UPS.values(), ids=SET_UPS)
@pytest.mark.row("H1")
def test_errors_are_logged_whatever_is_set_up(tmp_path: Path, set_up: str, line: str) -> None:
    """An exception of the handler is logged, with the function's own logging if it has any."""
    (tmp_path / "function.py").write_text(set_up + FAILING)
    with serving(tmp_path, tmp_path / "log") as runtime:
        assert 500 == runtime.get().status_code

        assert 1 == runtime.log.count(f"{line} raised an exception\nTraceback")
        assert 1 == runtime.log.count("KeyError: 'boom'")


BASIC_CONFIG = """
import asyncio, logging
class Function:
    def start(self, cfg):
        {call}
    async def handle(self, scope, receive, send):
        logging.getLogger("mine").debug("a detail")
new = Function
"""
OWN_TEXT = "{levelname}|{name}|{message}"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("pass", None),
        ("logging.basicConfig()", None),
        ("logging.basicConfig(level=logging.DEBUG)", r"\S+Z DEBUG    mine: a detail"),
        ("logging.basicConfig(level=cfg['LEVEL'])", r"\S+Z DEBUG    mine: a detail"),
        (
            f"logging.basicConfig(level=10, format={OWN_TEXT!r}, style='{{')",
            r"DEBUG\|mine\|a detail",
        ),
        (
            f"logging.basicConfig(level=10, format={OWN_TEXT!r}, style='{{', force=True)",
            r"DEBUG\|mine\|a detail",
        ),
        (
            "logging.basicConfig(level=10, handlers=[logging.StreamHandler()])",
            "DEBUG:mine:a detail",
        ),
        ("logging.root.handlers.clear(); logging.basicConfig(level=10)", r"\S+Z DEBUG .* a detail"),
        ("logging.root.setLevel(10); logging.info('first')", r"\S+Z DEBUG    mine: a detail"),
    ],
)
@pytest.mark.row("H14")
def test_basic_config(tmp_path: Path, call: str, expected: str | None) -> None:
    """logging.basicConfig works, although the runtime has already configured logging."""
    (tmp_path / "function.py").write_text(BASIC_CONFIG.format(call=call))
    with serving(tmp_path, tmp_path / "log", variables={"LEVEL": "DEBUG"}) as runtime:
        runtime.until_ready()
        runtime.get()
        lines = [line for line in runtime.log.splitlines() if "a detail" in line]

    assert bool(expected) == bool(lines)
    assert all(re.fullmatch(expected or "", line) for line in lines)
    assert len(lines) <= 1


@pytest.mark.parametrize(
    "call",
    [
        "logging.basicConfig(level=10)",
        "logging.basicConfig(level=10, format='%(message)s')",
        "logging.basicConfig(level=10, format='%(message)s', force=True)",
    ],
)
def test_basic_config_as_json(tmp_path: Path, call: str) -> None:
    """With LOG_FORMAT=json it sets the level, and a line stays an object."""
    (tmp_path / "function.py").write_text(BASIC_CONFIG.format(call=call))
    with serving(tmp_path, tmp_path / "log", variables={"LOG_FORMAT": "json"}) as runtime:
        runtime.until_ready()
        runtime.get()

    found = [entry["message"] for entry in entries(runtime.log) if entry["logger"] == "mine"]
    assert ["a detail"] == found


UNCAUGHT = """
import asyncio, io, logging, os, sys, threading, warnings

def boom():
    raise RuntimeError("in a thread")

def leave():
    raise SystemExit

def fail():
    warnings.warn("in a child", stacklevel=1)
    threading.Thread(target=boom, name="worker of a child").start()
    raise RuntimeError("in a process")

async def task():
    raise ValueError("in a task")

class Deleted:
    def __del__(self):
        raise OSError("in del")

class Odd:
    def __str__(self):
        raise RuntimeError

async def handle(scope, receive, send):
    child = os.fork()
    if not child:
        sys.excepthook(OSError, OSError("at the end of a child"), None)
        os._exit(0)
    os.waitpid(child, 0)
    import multiprocessing
    warnings.showwarning("to a file", UserWarning, "f.py", 1, io.StringIO())
    for target in (boom, leave):
        thread = threading.Thread(target=target, name="worker")
        thread.start()
        thread.join()
    warnings.warn("a user's", stacklevel=1)
    asyncio.create_task(task())
    Deleted()
    log = logging.getLogger("mine")
    log.info("two\\nlines")
    log.info("%d items", "no number")
    log.info("odd", extra={"odd": Odd()})
    log.info("here", stack_info=True)
    process = multiprocessing.get_context("fork").Process(target=fail, name="Child")
    process.start()
    process.join()
    log.info("exit code %d", process.exitcode)
"""


def test_uncaught_as_json(tmp_path: Path) -> None:
    """With LOG_FORMAT=json, Python's own warnings and errors are objects, also in children."""
    (tmp_path / "function.py").write_text(UNCAUGHT)
    with serving(tmp_path, tmp_path / "log", variables={"LOG_FORMAT": "json"}) as runtime:
        runtime.get()
        runtime.get()

    lines = entries(runtime.log)
    ours, mine = "func_runtime", "mine"
    expected = {
        (ours, "An uncaught exception ends the thread worker", "RuntimeError: in a thread"),
        ("py.warnings", "UserWarning: a user's", ""),
        ("asyncio", "Task exception was never retrieved", "ValueError: in a task"),
        (ours, "Exception ignored in: <function Deleted.__del__", "OSError: in del"),
        (mine, "two\nlines", ""),
        (mine, "%d items ('no number',)", ""),
        (mine, "odd", ""),
        (mine, "here", ""),
        ("py.warnings", "UserWarning: in a child", ""),
        (
            ours,
            "An uncaught exception ends the thread worker of a child",
            "RuntimeError: in a thread",
        ),
        (ours, "An uncaught exception ends the process Child", "RuntimeError: in a process"),
        (mine, "exit code 1", ""),
        (ours, "An uncaught exception ends the process", "OSError: at the end of a child"),
    }
    assert expected == {
        (logger, message, exception)
        for logger, message, exception in expected
        for line in lines
        if (line["logger"], line.get("exception", "").rpartition("\n")[2]) == (logger, exception)
        and line["message"].startswith(message)
    }
    assert 0 == sum("SystemExit" in line.get("exception", "") for line in lines)
    assert {"<Odd>"} == {line["odd"] for line in lines if "odd" in line}
    assert any("in handle" in line.get("stack", "") for line in lines)


USING_UVICORN_S_LOGGER = """
import logging
log = logging.getLogger("uvicorn.error")
async def handle(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
    else:
        log.info("mine through uvicorn.error")
"""
UPGRADE = b"""GET /?password=hunter2 HTTP/1.1\r
host: f\r
connection: upgrade\r
upgrade: websocket\r
sec-websocket-version: 13\r
sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""


def test_logger_of_uvicorn(tmp_path: Path) -> None:
    """A function can log as uvicorn.error, also after a WebSocket. Messages are not logged."""
    (tmp_path / "function.py").write_text(USING_UVICORN_S_LOGGER)
    with serving(tmp_path, tmp_path / "log") as runtime:
        with runtime.connect() as connection:
            connection.sendall(UPGRADE)
            assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")
        runtime.get()

        assert "INFO     uvicorn.error: mine through uvicorn.error\n" in runtime.log
        assert "hunter2" not in runtime.log
