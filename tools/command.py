"""The start and end of our commands: arguments, variables, exit status."""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from tools import console, process, settings
from tools.console import Failure, Stopped, report
from tools.parallel import Reported
from tools.settings import Settings

_STOPPED = 130  # as a shell has it after Ctrl-C


class Parser(argparse.ArgumentParser):
    """A parser whose errors read like all others."""

    def __init__(self, name: str, description: str | None) -> None:
        """Describe a command by its name and its module's docstring."""
        super().__init__(
            prog=name,
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Fail with what is wrong and how the command is used."""
        usage = " ".join(self.format_usage().split())
        raise Failure(message[:1].upper() + message[1:], usage[:1].upper() + usage[1:])


def run(main: Callable[[Sequence[str], Settings], None]) -> NoReturn:
    """Run a command with this process's arguments and variables, and end with its exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        console.use(settings.output(os.environ, sys.stderr))
        main(sys.argv[1:], settings.read(os.environ, Path.cwd()))
    except Failure as failure:
        report(failure)
        sys.exit(1)
    except Reported:
        sys.exit(1)
    except OSError as error:
        report(_explained(error))
        sys.exit(1)
    except Stopped:
        process.stop_all()
        sys.exit(_STOPPED)
    sys.exit(0)


def _explained(error: OSError) -> Failure:
    details = [f"Found: {error.filename}"] if error.filename else []
    if error.errno == errno.ENOSPC:
        details.append("Free some space, or set XDG_CACHE_HOME to a folder on another disk.")
    return Failure(error.strerror or str(error), *details)


def _stop(_number: int, _frame: object) -> NoReturn:
    # Only the first signal, so that the clean-up is not interrupted.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped
