"""Logs warnings and uncaught exceptions as lines of a JSON log.

Python would write them to standard error, as text of several lines. Imported for JSON logs only.
The hooks are those of https://docs.python.org/3/library/sys.html#sys.excepthook and the like.
"""

import logging
import os
import sys
import threading
import warnings
from types import TracebackType
from typing import TextIO

log = logging.getLogger("func_runtime")


def install() -> None:
    """Log them from now on, also in forked children."""
    warnings.showwarning = _warned
    sys.excepthook = _raised
    sys.unraisablehook = _unraisable
    threading.excepthook = _raised_in_thread
    os.register_at_fork(after_in_child=_log_failed_process)


def _warned(  # noqa: PLR0913, PLR0917 -- what warnings.showwarning takes
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if file is not None:
        file.write(warnings.formatwarning(message, category, filename, lineno, line))
        return
    # The logger that logging.captureWarnings uses.
    where = {"file": filename, "line": lineno}
    logging.getLogger("py.warnings").warning("%s: %s", category.__name__, message, extra=where)


def _raised(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("An uncaught exception ends the process", exc_info=(kind, error, trace))


def _raised_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is SystemExit:  # as threading has it
        return
    name = failed.thread.name if failed.thread else "?"
    log.error("An uncaught exception ends the thread %s", name, exc_info=failed.exc_value)


def _unraisable(failed: "sys.UnraisableHookArgs") -> None:
    what = failed.err_msg or "Exception ignored in"
    log.error("%s: %r", what, failed.object, exc_info=failed.exc_value)


def _log_failed_process() -> None:
    """Log the exception that ends a process of multiprocessing, which would print it."""
    from multiprocessing.process import BaseProcess  # noqa: PLC0415 -- for children only

    run = BaseProcess.run

    def logged(process: BaseProcess) -> None:
        try:
            run(process)
        except Exception as error:
            log.exception("An uncaught exception ends the process %s", process.name)
            raise SystemExit(1) from error

    BaseProcess.run = logged  # type: ignore[assignment, method-assign]
