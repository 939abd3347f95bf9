"""`--reload`, for development: restarts the function when one of its source files changes.

A child process serves, as without --reload, so nothing of the old function is left in the new one.
This process watches the files, and passes signals on.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL  # noqa: TID251 -- asyncio starts processes, and does not export this

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
# Ignored in addition to what watchfiles ignores (.git, .venv, __pycache__, …): func's own folder,
# and packages in a virtual environment of any name.
_FOLDERS = (".func", "site-packages")

# Seconds after FUNC_SHUTDOWN_SECONDS until a process is killed: its event loop may be blocked.
_GRACE_SECONDS = 3.0


def run(folder: str, environ: dict[str, str]) -> None:
    """Serve the function in a folder, and restart it after each change, until a signal comes.

    :raises SettingInvalid: a variable has an invalid value. The child process reports other errors.
    """
    settings = Settings.from_environ(environ, FuncYaml)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    child = Child(_development(environ), settings.shutdown + _GRACE_SECONDS)
    asyncio.run(_supervise(Path(folder), child))


def _development(environ: dict[str, str]) -> dict[str, str]:
    """Return the environment of the child process: restarts are quick and miss no change."""
    return {
        **environ,
        # There is no platform that has to stop sending requests first.
        constants.FUNC_LAME_DUCK_SECONDS: environ.get(constants.FUNC_LAME_DUCK_SECONDS) or "0",
        # Bytecode is compared by size and whole seconds, which may miss the second of two changes.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


async def _supervise(folder: Path, child: "Child") -> None:
    stopping = _signalled(child)
    log.info("Watching %s", folder)
    watch = awatch(folder, watch_filter=Sources(folder), stop_event=stopping)
    first = asyncio.ensure_future(anext(watch, None))
    await asyncio.sleep(0)  # now it watches: no change after the start is missed
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
            log.error("%s again: exiting at once", signal.Signals(number).name)
            child.kill()
            os._exit(128 + number)

    # SIGHUP is a terminal that was closed; the child is none of its processes (see start).
    for number in (*signals.SIGNALS, signal.SIGHUP):
        loop.add_signal_handler(number, received, number)
    return stop


def _names(folder: Path, changes: Iterable[tuple[Change, str]]) -> list[str]:
    return sorted({str(Path(path).relative_to(folder)) for _, path in changes})


class Sources(DefaultFilter):
    """Selects the changes that matter: of Python files, func.yaml and pyproject.toml."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, *_FOLDERS)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __call__(self, change: Change, path: str) -> bool:
        """Return whether a change matters. The name of the folder itself does not."""
        below = Path(path).relative_to(self._folder)
        counts = below.suffix == _SUFFIX or below.name in _FILES
        return counts and super().__call__(change, str(below))


class Child:
    """The child process that serves. There is one at a time."""

    def __init__(self, environ: dict[str, str], patience: float) -> None:
        """Take its environment, and the seconds until it is killed."""
        self._environ = environ
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._logging_exit: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it. If it ends by itself, that is logged."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", constants.RUNTIME_MODULE),
            env=self._environ,
            stdin=DEVNULL,
            # Otherwise Ctrl-C would reach both processes, and be passed on as a second signal.
            process_group=0,
        )
        self._logging_exit = asyncio.create_task(_log_exit(self._process))

    async def stop(self) -> None:
        """Stop it, or kill it when its time is over."""
        assert self._process is not None and self._logging_exit is not None  # noqa: PT018 -- started
        self._logging_exit.cancel()
        if self._process.returncode is None:
            self._process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), self._patience)
            return
        log.error("The function did not stop within %.1f s: killing it", self._patience)
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """Kill it."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()


async def _log_exit(process: asyncio.subprocess.Process) -> None:
    code = await process.wait()
    log.warning("The function has exited with code %d: waiting for a change", code)
