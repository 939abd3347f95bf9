"""The log: one stream, standard error, as text for people or as JSON for machines.

Set up before any code of the function runs, so that its `logging` calls just work.
"""

import io
import logging
import sys
import time
import traceback
from types import TracebackType

from func_runtime.errors import FunctionFailed, StartFailure
from func_runtime.settings import LogFormat, LogSettings

log = logging.getLogger("func_runtime")


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

        from func_runtime.trace_context import ids  # noqa: PLC0415

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
            "message": record.getMessage(),
            **self._trace(),
            **self._process,
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        for name, value in vars(record).items():
            if name not in self._plain:
                entry.setdefault(name, value)
        try:
            return self._dumps(
                entry, ensure_ascii=False, default=str, skipkeys=True, allow_nan=False
            )
        except ValueError:  # NaN, or a loop
            return self._dumps({name: str(value) for name, value in entry.items()})


def configure(settings: LogSettings) -> None:
    """Send all logging to standard error, and write lines when they are made."""
    # On a host without PYTHONUNBUFFERED a pipe would hold back what the function prints.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings))
    logging.basicConfig(level=settings.level, handlers=[handler], force=True)
    for problem in settings.problems:
        log.warning("%s", problem)


def _formatter(settings: LogSettings) -> logging.Formatter:
    match settings.format:
        case LogFormat.TEXT:
            return TextFormatter()
        case LogFormat.JSON:
            return JsonFormatter(settings)


def failure(error: StartFailure, settings: LogSettings) -> None:
    """Write why the process ends, as the last lines of the log."""
    from func_runtime import messages  # noqa: PLC0415 -- only a failed start needs the words

    message = messages.describe(error)
    cause = error.__cause__ if isinstance(error, FunctionFailed) else None
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


_PACKAGE_FOLDER = __file__.removesuffix("logs.py")


def _is_ours(step: TracebackType) -> bool:
    file = step.tb_frame.f_code.co_filename
    return file.startswith((_PACKAGE_FOLDER, "<frozen importlib")) or file.endswith(
        ("/importlib/__init__.py", "/concurrent/futures/thread.py")
    )
