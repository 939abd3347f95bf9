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
    """A JSON object on one line; `exception` holds the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return to_json(entry)


def to_json(entry: dict[str, str]) -> str:
    """Return an entry as a line of JSON."""
    import json  # noqa: PLC0415 -- text logs, the default, start without it

    return json.dumps(entry, ensure_ascii=False)


def configure(settings: LogSettings) -> None:
    """Send all logging to standard error, and write lines when they are made."""
    # On a host without PYTHONUNBUFFERED a pipe would hold back what the function prints.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings.format))
    logging.basicConfig(level=settings.level, handlers=[handler], force=True)
    for problem in settings.problems:
        log.warning("%s", problem)


def _formatter(wanted: LogFormat) -> logging.Formatter:
    match wanted:
        case LogFormat.TEXT:
            return TextFormatter()
        case LogFormat.JSON:
            return JsonFormatter()


def failure(error: StartFailure, wanted: LogFormat) -> None:
    """Write why the process ends, as the last lines of the log."""
    from func_runtime import messages  # noqa: PLC0415 -- only a failed start needs the words

    message = messages.describe(error)
    cause = error.__cause__ if isinstance(error, FunctionFailed) else None
    trace = user_traceback(cause) if cause else ""
    match wanted:
        case LogFormat.TEXT:
            sys.stderr.write(f"\nERROR: {message.title}\n\n{message.body or trace.rstrip()}\n")
        case LogFormat.JSON:
            entry = {"level": "CRITICAL", "logger": log.name, "message": message.title}
            detail = {"detail": message.body} if message.body else {"exception": trace}
            sys.stderr.write(f"{to_json(entry | detail)}\n")


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
