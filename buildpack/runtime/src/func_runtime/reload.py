"""`--reload`, for development: serves the function anew when a source file of its folder changes.

A process of its own serves, started as without --reload: nothing of the old function is left in the
new one. This one watches, and passes signals on.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL  # noqa: TID251 -- asyncio starts processes, and has no such name

from func_runtime import constants
from func_runtime.errors import WatcherMissing
from func_runtime.settings.func_yaml import FuncYaml
from func_runtime.settings.settings import Settings
from func_runtime.system import signals

try:
    from watchfiles import Change, DefaultFilter, awatch
except ModuleNotFoundError as error:
    raise WatcherMissing from error

log = logging.getLogger("func_runtime")

_FILES = (constants.FUNC_YAML, "pyproject.toml")
_SUFFIX = ".py"
# Beside what watchfiles ignores (.git, .venv, __pycache__, …): func's own folder, and packages in a
# virtual environment of any name.
_FOLDERS = (".func", "site-packages")

# What a process may take beyond FUNC_SHUTDOWN_SECONDS; one whose event loop is blocked never ends.
_GRACE_SECONDS = 3.0


def run(folder: str, environ: dict[str, str]) -> None:
    """Serve the function in a folder, and serve it anew after each change, until a signal comes.

    :raises SettingInvalid: a variable cannot be used; the serving process tells what else is wrong.
    """
    settings = Settings.from_environ(environ, FuncYaml)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    child = Child(_development(environ), settings.shutdown + _GRACE_SECONDS)
    asyncio.run(_supervise(Path(folder), child))


def _development(environ: dict[str, str]) -> dict[str, str]:
    """Return the serving process's environment: one for restarts that are quick and see it all."""
    return {
        **environ,
        # No platform sends requests here that would have to be told first.
        constants.FUNC_LAME_DUCK_SECONDS: environ.get(constants.FUNC_LAME_DUCK_SECONDS) or "0",
        # Bytecode is compared by size and whole seconds: it hides an edit that follows an edit.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


async def _supervise(folder: Path, child: "Child") -> None:
    stopping = _signalled(child)
    log.info("Watching %s", folder)
    watch = awatch(folder, watch_filter=Sources(folder), stop_event=stopping)
    first = asyncio.ensure_future(anext(watch, None))
    await asyncio.sleep(0)  # now it watches: no edit of what the function begins with is missed
    await child.start()
    try:
        changes = await first
        while changes is not None:
            log.info("Changed: %s", ", ".join(_names(folder, changes)))
            await child.stop()
            if not stopping.is_set():
                await child.start()
            changes = await anext(watch, None)
    finally:
        await child.stop()


def _signalled(child: "Child") -> asyncio.Event:
    """Return an event that a signal sets. A later signal ends both processes at once."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    first = 0.0

    def received(number: int) -> None:
        nonlocal first
        if not stop.is_set():
            log.info("%s received", signal.Signals(number).name)
            first = loop.time()
            stop.set()
        elif loop.time() - first >= signals.SAME_SECONDS:
            log.error("%s again: leaving at once", signal.Signals(number).name)
            child.kill()
            os._exit(128 + number)

    # SIGHUP is a terminal that was closed; the child is none of its processes (see start).
    for number in (*signals.SIGNALS, signal.SIGHUP):
        loop.add_signal_handler(number, received, number)
    return stop


def _names(folder: Path, changes: Iterable[tuple[Change, str]]) -> list[str]:
    return sorted({str(Path(path).relative_to(folder)) for _, path in changes})


class Sources(DefaultFilter):
    """Says which changes count: those of Python files, func.yaml and pyproject.toml."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, *_FOLDERS)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __call__(self, change: Change, path: str) -> bool:
        """Look at a path below the folder; what the folder itself is named does not matter."""
        below = Path(path).relative_to(self._folder)
        counts = below.suffix == _SUFFIX or below.name in _FILES
        return counts and super().__call__(change, str(below))


class Child:
    """The process that serves: one at a time."""

    def __init__(self, environ: dict[str, str], patience: float) -> None:
        """Take its environment, and how many seconds it may take to end."""
        self._environ = environ
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it. If it ends by itself, the log says so."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", constants.RUNTIME_MODULE),
            env=self._environ,
            stdin=DEVNULL,
            # Ctrl-C would reach both, and what is passed on would be a second signal.
            process_group=0,
        )
        self._telling = asyncio.create_task(_tell_end(self._process))

    async def stop(self) -> None:
        """End it in order, or kill it when its time is over."""
        assert self._process is not None and self._telling is not None  # noqa: PT018 -- started
        self._telling.cancel()
        if self._process.returncode is None:
            self._process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), self._patience)
            return
        log.error("The function did not end in %.1f s and is killed", self._patience)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()


async def _tell_end(process: asyncio.subprocess.Process) -> None:
    code = await process.wait()
    log.warning("The function has ended with exit code %d: waiting for a change", code)
