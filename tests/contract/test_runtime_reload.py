"""`--reload`: real processes, real edits of files, real sockets and signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.runtime_process import (
    FUNCTIONS,
    PATIENCE,
    Runtime,
    ended,
    environment,
    eventually,
    started,
)
from func_runtime.system import signals

SOURCE = """
import logging
from function.answer import answer

def new():
    return Function()

class Function:
    def stop(self):
        logging.info("stopped %s", answer)

    async def handle(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer.encode()})
"""

# Never ends by itself: its event loop is blocked, so that no signal arrives.
BLOCKED = """
import logging, time
class Function:
    async def start(self, cfg):
        logging.info("from here on it blocks")
        while True:
            time.sleep(1)
    async def handle(self, scope, receive, send):
        pass
new = Function
"""
STUCK = """
import logging, os, signal
logging.info("from here on it blocks")
os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A function that answers with 1."""
    folder = tmp_path / "greeter"
    (folder / "function").mkdir(parents=True)
    (folder / "function" / "__init__.py").write_text(SOURCE)
    (folder / "function" / "answer.py").write_text("answer = 'one'\n")
    return folder


def edit(path: Path, content: str, *, time: float | None = None) -> None:
    """Write a whole file at once, like an editor, perhaps with a given modification time."""
    written = path.with_suffix(".new")
    written.write_text(content)
    if time is not None:
        os.utime(written, (time, time))
    written.replace(path)


@contextmanager
def reloading(folder: Path, variables: dict[str, str] | None = None) -> Iterator[Runtime]:
    """Start it with --reload. At the end, a signal ends both processes; a kill only one."""
    log = folder.parent / "log"
    with started(folder, log, "--reload", variables=variables) as runtime:
        try:
            yield runtime
        finally:
            if runtime.process.poll() is None:
                runtime.signal()
                runtime.ended()


def until_serving(runtime: Runtime, times: int) -> None:
    """Wait until a process serves for the nth time."""
    eventually(lambda: runtime.log.count("is serving") >= times, f"serving {times} times")


def test_changes(folder: Path) -> None:
    """A change is logged, the function stops normally, and the next process has the same port."""
    with reloading(folder) as runtime:
        until_serving(runtime, 1)
        assert "one" == runtime.get("/").text

        edit(folder / "function" / "answer.py", "answer = 'two'\n")
        until_serving(runtime, 2)
        assert "Changed: function/answer.py\n" in runtime.log
        assert "two" == runtime.get("/").text

        edit(folder / "func.yaml", "deploy: {healthEndpoints: {liveness: /live}}")
        until_serving(runtime, 3)
        assert "Changed: func.yaml\n" in runtime.log
        assert "OK" == runtime.get("/live").text

        runtime.signal()
        assert 0 == runtime.ended(), runtime.log
        assert 1 == runtime.log.count("stopped one")
        assert 2 == runtime.log.count("stopped two")
        with pytest.raises(ConnectionRefusedError):
            runtime.connect()


def test_edits_within_a_second(folder: Path) -> None:
    """A change of the same size in the same second is noticed, because no bytecode is written."""
    bytecode = folder.parent / "bytecode"
    variables = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(bytecode)}
    with reloading(folder, variables) as runtime:
        until_serving(runtime, 1)
        for count, answer in enumerate(("two", "six"), start=2):
            edit(folder / "function" / "answer.py", f"answer = {answer!r}\n", time=1e9)
            until_serving(runtime, count)
            assert answer == runtime.get("/").text

        assert [] == list(bytecode.rglob("answer*"))


@pytest.mark.parametrize("broken", ["def", "answer = undefined"], ids=["syntax", "exception"])
def test_broken_edit(folder: Path, broken: str) -> None:
    """An edit that cannot be loaded is shown; the next change starts the function again."""
    with reloading(folder) as runtime:
        until_serving(runtime, 1)
        edit(folder / "function" / "answer.py", broken)
        runtime.until_logged("has exited with code 1: waiting for a change")
        assert "ERROR: The function failed: its import raised an exception" in runtime.log
        assert "function/answer.py" in runtime.log

        edit(folder / "function" / "answer.py", "answer = 'mended'\n")
        until_serving(runtime, 2)
        assert "mended" == runtime.get("/").text


def test_nothing_to_serve_at_first(tmp_path: Path) -> None:
    """Without a function in the folder, it waits until there is one."""
    folder = tmp_path / "empty"
    folder.mkdir()
    with reloading(folder) as runtime:
        runtime.until_logged("has exited with code 2: waiting for a change")
        assert "ERROR: There is no package named function" in runtime.log

        edit(folder / "function.py", "async def handle(*request): pass\n")
        until_serving(runtime, 1)
        assert 204 == runtime.get("/").status_code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals(folder: Path, number: int) -> None:
    """One signal stops the function in order and ends both processes with 0."""
    with reloading(folder) as runtime:
        until_serving(runtime, 1)
        runtime.signal(number)

        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped one")
        with pytest.raises(ConnectionRefusedError):
            runtime.connect()


def test_signal_before_it_serves(folder: Path) -> None:
    """A signal while the function is loading ends both processes as well."""
    source = "import time\nprint('loading')\ntime.sleep(600)\n"
    (folder / "function" / "answer.py").write_text(source)
    with reloading(folder) as runtime:
        runtime.until_logged("loading")
        runtime.signal()

        assert 0 == runtime.ended()


def test_blocked_function(folder: Path) -> None:
    """A function that does not end is killed when its time is over, and served again."""
    (folder / "function" / "__init__.py").write_text(STUCK)
    with reloading(folder, {"FUNC_SHUTDOWN_SECONDS": "0"}) as runtime:
        runtime.until_logged("from here on it blocks")
        edit(folder / "function" / "__init__.py", SOURCE)
        until_serving(runtime, 1)

        assert "The function did not stop within 3.0 s: killing it" in runtime.log
        assert "one" == runtime.get("/").text


def test_signal_during_a_restart(folder: Path) -> None:
    """A signal during a restart ends everything after the old function. No new one is started."""
    (folder / "function" / "__init__.py").write_text(BLOCKED)
    with reloading(folder, {"FUNC_SHUTDOWN_SECONDS": "0"}) as runtime:
        runtime.until_logged("from here on it blocks")
        edit(folder / "function" / "__init__.py", SOURCE)
        runtime.until_logged("Changed: function/__init__.py")
        runtime.signal()

        assert 0 == runtime.ended()
        assert "is serving" not in runtime.log


def test_second_signal(folder: Path) -> None:
    """A later signal ends both processes at once."""
    (folder / "function" / "__init__.py").write_text(BLOCKED)
    with reloading(folder) as runtime:
        runtime.until_logged("from here on it blocks")
        runtime.signal(signal.SIGINT)
        runtime.until_logged("SIGINT received")
        time.sleep(signals.SAME_SECONDS)
        runtime.signal(signal.SIGINT)

        assert 130 == runtime.ended()
        assert "SIGINT again: exiting at once" in runtime.log


def test_doubled_signal(folder: Path) -> None:
    """Two signals at the same time are one: the function is stopped in order."""
    with reloading(folder) as runtime:
        until_serving(runtime, 1)
        runtime.signal(signal.SIGINT)
        runtime.until_logged("SIGINT received")
        runtime.signal(signal.SIGINT)

        assert 0 == runtime.ended()
        assert "again" not in runtime.log


def test_setting_malformed() -> None:
    """An invalid setting ends the start, as without --reload: no change of a file can fix it."""
    status, log = ended(FUNCTIONS / "http_basic", "--reload", variables={"PORT": "eighty"})

    assert 2 == status
    assert "ERROR: Invalid setting" in log


def test_without_a_watcher() -> None:
    """If watchfiles is not installed, --reload reports that and exits with 2."""
    missing = "import sys; sys.modules['watchfiles'] = None"
    code = f"{missing}; from func_runtime.__main__ import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--reload"],
        cwd=FUNCTIONS / "http_basic",
        env=environment(None),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert 2 == result.returncode
    assert "ERROR: Cannot watch files for --reload" in result.stderr
    assert "pip install watchfiles" in result.stderr
