"""Background programs that one of our commands starts, and another one stops.

A note has the number and the start time of the process, because numbers are used again.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tools import command, process
from tools.cache.cache import Cache
from tools.console import Failure, say, step
from tools.settings import Settings

_PATIENCE = 30.0  # seconds that a program gets to stop
_POLL = 0.1
_ENDED = "none"  # the start time of a process that has ended


@dataclass(frozen=True)
class Daemon:
    """A background program, which runs or not.

    :param name: the name of its note and its log
    :param title: its name for users: "the Docker daemon"
    """

    cache: Cache
    name: str
    title: str

    @property
    def log(self) -> Path:
        """Return the file of its output."""
        return self._folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Return its process id. None if it does not run, or if we did not start it."""
        try:
            pid, since = self._note.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if since == _start_time(int(pid)) != _ENDED else None

    def start(self, command: process.Command, answers: Callable[[], bool], seconds: float) -> None:
        """Start it, and wait until it answers.

        :raises Failure: it ended, or does not answer in time
        """
        with step(f"Starting {self.title}", "as root" if os.geteuid() == 0 else ""):
            self._folder.mkdir(parents=True, exist_ok=True)
            pid = process.start(command, self.log)
            self._note.write_text(f"{pid} {_start_time(pid)}\n")
            if not wait_until(lambda: answers() or self.pid is None, seconds) or not answers():
                end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                title = f"{self.title[:1].upper()}{self.title[1:]} did not start"
                raise Failure(title, end, f"The whole log: {self.log}")

    def stop(self) -> None:
        """Stop it with SIGTERM, and wait until it has ended. Do nothing if it does not run.

        :raises Failure: it does not stop
        """
        pid = self.pid
        if pid is None:
            return
        say(f"Stopping {self.title}")
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: self.pid is None, _PATIENCE):
            found = f"Process {pid} still runs {_PATIENCE:.0f} s after SIGTERM. Its log: {self.log}"
            raise Failure(f"{self.name} does not stop", found)
        self._note.unlink()

    @property
    def _folder(self) -> Path:
        return self.cache.folder / "running"

    @property
    def _note(self) -> Path:
        return self._folder / self.name


def run(
    name: str,
    description: str | None,
    start: Callable[[Settings], None],
    daemon: Callable[[Settings], Daemon],
) -> NoReturn:
    """Run the command of a daemon, whose argument is `start` or `stop`."""

    def main(arguments: Sequence[str], settings: Settings) -> None:
        parser = command.Parser(name, description)
        parser.add_argument("action", nargs="?", choices=["start", "stop"], default="start")
        if parser.parse_args(arguments).action == "start":
            start(settings)
        else:
            daemon(settings).stop()

    command.run(main)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition, for at most so many seconds. Return whether it was met."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        process.check()
        time.sleep(_POLL)
    return True


def _start_time(pid: int) -> str:
    """Return the start of a process in ticks (proc(5), field 22)."""
    try:
        # The name of its program is in parentheses, and may contain any character.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _ENDED
    return _ENDED if fields[0] in "ZX" else fields[19]
