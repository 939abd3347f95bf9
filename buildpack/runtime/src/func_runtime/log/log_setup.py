"""The log: one stream, standard error, as text for people or as JSON for machines.

Set up before any code of the function runs, so that its `logging` calls just work. The function may
set up its own log after that; our lines go there then, and are not lost whatever it does.
"""

import io
import logging
import os
import select
import sys
import time
import traceback
from collections.abc import Iterator
from functools import wraps
from types import TracebackType
from typing import Any

from func_runtime.errors import FunctionFailed, StartFailure
from func_runtime.settings.settings import LogFormat, LogSettings

log = logging.getLogger("func_runtime")

# Loggers whose errors nothing else tells: ours, and asyncio's, which has the exceptions of tasks.
_LASTING = (log.name, "func_runtime.access", "asyncio")

_STDERR = 2
# Characters that go into a pipe without waiting, with what is around them (4 KiB, see pipe(7)).
_SHORT = 2000

# What logging.basicConfig is told about where lines go.
_DESTINATIONS = {"filename", "handlers"}


class UtcFormatter(logging.Formatter):
    """Writes times as RFC 3339 has them, in UTC."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def converter(self, seconds: float | None) -> time.struct_time:
        """Return the time that is shown."""
        return time.gmtime(seconds)


class TextFormatter(UtcFormatter):
    """A line for people: time, level, logger, message; a traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s")


class JsonFormatter(UtcFormatter):
    """A JSON object on one line; `exception` holds the traceback.

    It names the trace of the request, the service and its revision where they are known, and has
    what the caller gave as `extra`.
    """

    def __init__(self, settings: LogSettings) -> None:
        # Text logs, the default, start without them.
        from json import dumps  # noqa: PLC0415

        from func_runtime.log.trace_context import ids  # noqa: PLC0415

        super().__init__()
        self._dumps = dumps
        self._trace = ids
        known = {"service": settings.service, "revision": settings.revision}
        self._process = {name: value for name, value in known.items() if value}
        self._plain = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **self._trace(),
            **self._process,
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = record.stack_info
        for name, value in vars(record).items():
            if name not in self._plain:
                entry.setdefault(name, value)
        try:
            return self._dumps(
                entry, ensure_ascii=False, default=_text, skipkeys=True, allow_nan=False
            )
        except ValueError:  # NaN, or a loop
            return self._dumps({name: _text(value) for name, value in entry.items()})


def _message(record: logging.LogRecord) -> str:
    """Return what a line says, also if its arguments do not fit."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- logging would write a traceback, which is no JSON
        return f"{record.msg} {_text(record.args)}"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- anything may be in `extra`
        return f"<{type(value).__name__}>"


class LastingLogger(logging.Logger):
    """A logger whose errors are written whatever the function's set-up of its log does.

    logging.config disables the loggers that it does not name (disable_existing_loggers).
    """

    @property
    def disabled(self) -> bool:
        """Say no. Setting it changes nothing."""
        return False

    @disabled.setter
    def disabled(self, _: bool) -> None:
        pass

    def getEffectiveLevel(self) -> int:  # noqa: N802 -- logging's name
        """Return the logger's own level, or else the root's, but no higher than ERROR."""
        return self.level or min(super().getEffectiveLevel(), logging.ERROR)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 -- logging's name
        """Say whether a level is logged; logging.disable() is not for errors."""
        silenced = level < logging.ERROR and level <= self.manager.disable
        return not silenced and level >= self.getEffectiveLevel()

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Pass a record to the handlers that there are, or to the runtime's if there is none."""
        if any(type(handler) is not logging.NullHandler for handler in self._handlers()):
            super().callHandlers(record)
        else:
            _handler.handle(record)

    def _handlers(self) -> Iterator[logging.Handler]:
        logger: logging.Logger | None = self
        while logger is not None:
            yield from logger.handlers
            logger = logger.parent if logger.propagate else None


_handler: logging.Handler = logging.StreamHandler()


def configure(settings: LogSettings) -> None:
    """Send all logging to standard error, and write lines when they are made."""
    # On a host without PYTHONUNBUFFERED a pipe would hold back what the function prints.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    global _handler  # noqa: PLW0603 -- a process has one log
    _handler = logging.StreamHandler(sys.stderr)
    _handler.setFormatter(_formatter(settings))
    logging.basicConfig(level=settings.level, handlers=[_handler], force=True)
    if settings.level > logging.ERROR:
        log.setLevel(settings.level)
    for name in _LASTING:
        logging.getLogger(name).__class__ = LastingLogger
    _accept_basic_config(_handler, keep_format=settings.format is LogFormat.JSON)
    if settings.format is LogFormat.JSON:
        from func_runtime.log import uncaught  # noqa: PLC0415 -- Python's own text is for people

        uncaught.log_it()
    for problem in settings.problems:
        log.warning("%s", problem)


def _accept_basic_config(handler: logging.Handler, *, keep_format: bool) -> None:
    """Have logging.basicConfig do what it says, though the root logger has a handler: ours.

    With `keep_format` it takes the level alone, unless it says where else the lines are to go.
    """
    original = logging.basicConfig

    @wraps(original)
    def basic_config(**options: Any) -> None:  # noqa: ANN401 -- logging's
        replaces = options.pop("force", False) or logging.root.handlers == [handler]
        elsewhere = options.keys() & _DESTINATIONS
        if not elsewhere and (keep_format or options.keys() <= {"level"}):
            options = {"level": options.get("level"), "handlers": [handler]}
        original(**options, force=replaces)

    logging.basicConfig = basic_config


def last_words(message: str) -> None:
    """Write an error without waiting for anything: another thread may hold the log's lock."""
    record = logging.makeLogRecord(
        {"name": log.name, "levelname": "ERROR", "levelno": logging.ERROR, "msg": message[:_SHORT]}
    )
    stream = select.poll()
    stream.register(_STDERR, select.POLLOUT)
    if stream.poll(0):  # it takes 4 KiB then
        os.write(_STDERR, f"{_handler.format(record)}\n".encode())


def _formatter(settings: LogSettings) -> logging.Formatter:
    match settings.format:
        case LogFormat.TEXT:
            return TextFormatter()
        case LogFormat.JSON:
            return JsonFormatter(settings)


def failure(error: StartFailure, settings: LogSettings) -> None:
    """Write why the process ends, as the last lines of the log."""
    from func_runtime.log import messages  # noqa: PLC0415 -- only a failed start needs the words

    message = messages.describe(error)
    cause = error.__cause__ if isinstance(error, FunctionFailed) else None
    if cause and (advice := messages.advice(cause)):
        cause.add_note(advice)
    trace = user_traceback(cause) if cause else ""
    match settings.format:
        case LogFormat.TEXT:
            parts = (f"\nERROR: {message.title}", message.body, trace.rstrip())
            sys.stderr.write("\n\n".join(filter(None, parts)) + "\n")
        case LogFormat.JSON:
            detail = {"detail": message.body, "exception": trace}
            told = {name: text for name, text in detail.items() if text}
            facts = {"name": log.name, "levelname": "CRITICAL", "msg": message.title, **told}
            line = JsonFormatter(settings).format(logging.makeLogRecord(facts))
            sys.stderr.write(f"{line}\n")


def user_traceback(error: BaseException) -> str:
    """Format an exception without the calls of this package and of the import system above it."""
    shown = error.__traceback__
    while shown is not None and _is_ours(shown):
        shown = shown.tb_next
    return "".join(traceback.format_exception(type(error), error, shown))


_PACKAGE_FOLDER = __file__.removesuffix("log/log_setup.py")


def _is_ours(step: TracebackType) -> bool:
    file = step.tb_frame.f_code.co_filename
    return file.startswith((_PACKAGE_FOLDER, "<frozen importlib")) or file.endswith(
        ("/importlib/__init__.py", "/concurrent/futures/thread.py")
    )
