"""The log: text and JSON, and the message of a failed start."""

import json
import logging
import math
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from func_runtime import errors
from func_runtime.asgi import Receive, Scope, Send
from func_runtime.log import log_setup, messages
from func_runtime.log.trace_context import TraceContext
from func_runtime.settings.settings import LogFormat, LogSettings

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    with pytest.MonkeyPatch.context() as patched:
        for owner, name in (
            (logging, "basicConfig"),
            (sys, "excepthook"),
            (sys, "unraisablehook"),
            (threading, "excepthook"),
            (warnings, "showwarning"),
        ):
            patched.setattr(owner, name, getattr(owner, name))
        yield
    root.handlers[:] = handlers
    root.setLevel(level)
    log_setup.log.setLevel(logging.NOTSET)


def an_exception() -> ValueError:
    """Return an exception with a traceback."""
    try:
        int("mine")
    except ValueError as error:
        return error
    raise AssertionError


def failed() -> errors.FunctionFailed:
    """Return the failure of a function."""
    failure = errors.FunctionFailed("start()")
    failure.__cause__ = an_exception()
    return failure


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of text has time, level, logger and message; problems with settings come first."""
    log_setup.configure(LogSettings(level=logging.WARNING, problems=("odd",)))
    logging.getLogger("mine").info("unseen")
    logging.getLogger("mine").error("seen")

    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("Z WARNING  func_runtime: odd")
    assert second.endswith("Z ERROR    mine: seen")


def test_level_above_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """LOG_LEVEL=critical is for the runtime's own errors as well."""
    log_setup.configure(LogSettings(level=logging.CRITICAL))
    log_setup.log.error("unseen")
    log_setup.log.critical("seen")

    assert capsys.readouterr().err.endswith("Z CRITICAL func_runtime: seen\n")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of JSON has the same, and the traceback of an exception."""
    log_setup.configure(LogSettings(format=LogFormat.JSON))
    logging.getLogger("mine").info("päth %s", "a\nb")
    logging.getLogger("mine").error("failed", exc_info=an_exception())

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert ("INFO", "mine", "päth a\nb") == (first["level"], first["logger"], first["message"])
    assert {"time", "level", "logger", "message"} == first.keys()
    assert second["exception"].endswith("int() with base 10: 'mine'")


def test_json_names_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    """On Knative a line of JSON has the service and its revision."""
    log_setup.configure(LogSettings(format=LogFormat.JSON, service="greeter", revision="greeter-1"))
    logging.getLogger("mine").info("seen")

    entry = json.loads(capsys.readouterr().err)
    assert ("greeter", "greeter-1") == (entry["service"], entry["revision"])


async def test_json_names_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """Within a request a line of JSON has the ids of its trace."""
    log_setup.configure(LogSettings(format=LogFormat.JSON))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        logging.getLogger("mine").info("seen")

    async def nothing(*_: object) -> Any:
        """Do nothing."""

    headers = [(b"traceparent", b"00-%b-%b-01" % (b"a" * 32, b"b" * 16))]
    await TraceContext(app)({"headers": headers}, nothing, nothing)

    entry = json.loads(capsys.readouterr().err)
    assert ("a" * 32, "b" * 16) == (entry["trace_id"], entry["span_id"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"id": 7}, {"id": 7}),
        (Path("file"), "file"),
        ({(1, 2): 3, "a": 4}, {"a": 4}),
        (math.nan, "nan"),
    ],
)
def test_json_has_extras(
    value: object, expected: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """The values of `extra` are in the line, as text if JSON cannot express them."""
    log_setup.configure(LogSettings(format=LogFormat.JSON))
    logging.getLogger("mine").info("seen", extra={"order": value, "level": "mine"})

    entry = json.loads(capsys.readouterr().err)
    assert (expected, "seen", "INFO") == (entry["order"], entry["message"], entry["level"])


def test_streams_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard output can still log."""
    monkeypatch.setattr(sys, "stdout", None)

    log_setup.configure(LogSettings())


def test_failure_of_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    """The function's traceback is the end of the log."""
    log_setup.failure(failed(), LogSettings())

    lines = capsys.readouterr().err.splitlines()
    assert "ERROR: The function failed: start() raised an exception" == lines[1]
    assert "Traceback (most recent call last):" == lines[3]
    assert lines[-1].startswith("ValueError: ")


@pytest.mark.parametrize("format_", LogFormat)
def test_failure_with_advice(format_: LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    """The advice for a missing module is before the traceback."""
    failure = errors.FunctionFailed("its import")
    failure.__cause__ = ModuleNotFoundError("No module named 'cgi'", name="cgi")

    log_setup.failure(failure, LogSettings(format=format_))

    said = capsys.readouterr().err
    assert "Missing:  cgi" in said
    assert said.index("legacy-cgi") < said.index("No module named 'cgi'")
    assert format_ is LogFormat.JSON or said.endswith("Error: No module named 'cgi'\n")


def test_failure_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON a failure is one line."""
    settings = LogSettings(format=LogFormat.JSON, service="greeter")
    log_setup.failure(failed(), settings)
    log_setup.failure(errors.SettingInvalid("PORT", "x", "a port"), settings)

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert ("CRITICAL", "func_runtime") == (first["level"], first["logger"])
    assert {"time", "service"} <= first.keys()
    assert first["exception"].endswith("'mine'\n")
    assert second["detail"].startswith("Setting:  PORT\nFound:    x\n")


def test_failure_with_missing_module(capsys: pytest.CaptureFixture[str]) -> None:
    """If a package cannot patch the event loop, the last line has the setting."""
    failure = errors.FunctionFailed("start()")
    failure.__cause__ = ValueError("Can't patch loop of type <class 'uvloop.Loop'>")
    log_setup.failure(failure, LogSettings())

    assert "Set FUNC_EVENT_LOOP=asyncio. " in capsys.readouterr().err.rstrip().splitlines()[-1]


HERE = Path("func.yaml")
FAILURES: list[errors.StartFailure] = [
    errors.SettingInvalid("PORT", "x", "a port"),
    errors.FileInvalid(HERE, "odd (at line 1, column 1)"),
    errors.FieldInvalid(HERE, "invoke", "1", "text"),
    errors.YamlReaderMissing(HERE),
    errors.WatcherMissing(),
    errors.FunctionMissing(str(HERE), ()),
    errors.EntryPointMissing("function.py", ()),
    errors.HandleInvalid("function.py", "new is of type int"),
    errors.AddressUnavailable("*:80", "Permission denied (EACCES)"),
    errors.FunctionFailed("new()"),
    errors.StartupFailed("no database"),
    errors.SignatureMismatch("function.py", "start(self)", "start(self, cfg)"),
    errors.WsgiApplication("function.py", "an instance of flask.app.Flask"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_every_failure_has_words(failure: errors.StartFailure) -> None:
    """Each failure has a unique title. All except the function's own have what was found."""
    message = messages.describe(failure)

    assert message.title
    assert bool(message.body) is not isinstance(failure, errors.FunctionFailed)


def test_no_failure_is_missing_here() -> None:
    """Every kind of failure is in the list above, and no two have one title."""
    titles = [messages.describe(failure).title for failure in FAILURES]

    assert set(errors.StartFailure.__subclasses__()) == {type(failure) for failure in FAILURES}
    assert len(titles) == len(set(titles))


def test_failure_without_words() -> None:
    """A failure without a message is a bug in the runtime."""
    with pytest.raises(NotImplementedError):
        messages.describe(errors.StartFailure())
