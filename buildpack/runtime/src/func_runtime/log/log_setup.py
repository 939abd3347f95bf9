"""The log: lines on standard error, as text or as JSON.

It is set up before any code of the function runs, so that `logging` works there. The function may
configure logging itself. The runtime's lines follow that configuration, and errors are never lost.
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

# Loggers whose errors must not be lost: the runtime's, and asyncio's for exceptions of tasks.
_PROTECTED = (log.name, "func_runtime.access", "asyncio")

_STDERR = 2
# Characters of a line that fits into a pipe without waiting (4 KiB, see pipe(7)).
_SHORT = 2000

# The arguments of logging.basicConfig that say where lines go.
_DESTINATIONS = {"filename", "handlers"}


class UtcFormatter(logging.Formatter):
    """Formats times as in RFC 3339, in UTC."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def converter(self, seconds: float | None) -> time.struct_time:
        """Return the time in UTC."""
        return time.gmtime(seconds)


class TextFormatter(UtcFormatter):
    """Formats a line of text: time, level, logger, message; a traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s")


class JsonFormatter(UtcFormatter):
    """Formats a line as a JSON object; `exception` is the traceback.

    It has the trace of the request, the service and its revision, if they are known, and what the
    caller has passed as `extra`.
    """

    def __init__(self, settings: LogSettings) -> None:
        # Text logs, the default, do not need them.
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
    """Return the message of a line, even if its arguments do not match."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 -- logging would write a traceback, which is not JSON
        return f"{record.msg} {_text(record.args)}"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- anything may be in `extra`
        return f"<{type(value).__name__}>"


class ProtectedLogger(logging.Logger):
    """A logger whose errors are written, however the function configures logging.

    logging.config disables all loggers that it does not name (disable_existing_loggers).
    """

    @property
    def disabled(self) -> bool:
        """False. Setting it has no effect."""
        return False

    @disabled.setter
    def disabled(self, _: bool) -> None:
        pass

    def getEffectiveLevel(self) -> int:  # noqa: N802 -- logging's name
        """Return the logger's own level, or the root's, but at most ERROR."""
        return self.level or min(super().getEffectiveLevel(), logging.ERROR)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 -- logging's name
        """Return whether a level is logged. logging.disable() does not disable errors."""
        silenced = level < logging.ERROR and level <= self.manager.disable
        return not silenced and level >= self.getEffectiveLevel()

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Pass a record to the handlers, or to the runtime's handler if there are none."""
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
    """Send all logging to standard error. Lines are not buffered."""
    # Without PYTHONUNBUFFERED, on a host, what the function prints would be buffered in a pipe.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    global _handler  # noqa: PLW0603 -- a process has one log
    _handler = logging.StreamHandler(sys.stderr)
    _handler.setFormatter(_formatter(settings))
    logging.basicConfig(level=settings.level, handlers=[_handler], force=True)
    if settings.level > logging.ERROR:
        log.setLevel(settings.level)
    for name in _PROTECTED:
        logging.getLogger(name).__class__ = ProtectedLogger
    _accept_basic_config(_handler, keep_format=settings.format is LogFormat.JSON)
    if settings.format is LogFormat.JSON:
        from func_runtime.log import uncaught  # noqa: PLC0415 -- Python's own text is right for text logs

        uncaught.install()
    for problem in settings.problems:
        log.warning("%s", problem)


def _accept_basic_config(handler: logging.Handler, *, keep_format: bool) -> None:
    """Make logging.basicConfig work, although the root logger has the runtime's handler.

    With `keep_format` it only sets the level, unless it says where lines go.
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


def write_at_once(message: str) -> None:
    """Write an error without waiting. Another thread may hold the lock of logging."""
    record = logging.makeLogRecord(
        {"name": log.name, "levelname": "ERROR", "levelno": logging.ERROR, "msg": message[:_SHORT]}
    )
    stream = select.poll()
    stream.register(_STDERR, select.POLLOUT)
    if stream.poll(0):  # it accepts 4 KiB then
        os.write(_STDERR, f"{_handler.format(record)}\n".encode())


def _formatter(settings: LogSettings) -> logging.Formatter:
    match settings.format:
        case LogFormat.TEXT:
            return TextFormatter()
        case LogFormat.JSON:
            return JsonFormatter(settings)


def failure(error: StartFailure, settings: LogSettings) -> None:
    """Write why the start failed, as the last lines of the log."""
    from func_runtime.log import messages  # noqa: PLC0415 -- for failed starts only

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
            filled = {name: text for name, text in detail.items() if text}
            facts = {"name": log.name, "levelname": "CRITICAL", "msg": message.title, **filled}
            line = JsonFormatter(settings).format(logging.makeLogRecord(facts))
            sys.stderr.write(f"{line}\n")


def user_traceback(error: BaseException) -> str:
    """Format an exception without the first calls, of this package and of the import system."""
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
