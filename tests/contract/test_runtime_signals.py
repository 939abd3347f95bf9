"""SIGTERM and SIGINT: the first is never lost, and a later one ends the process at once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.runtime_process import (
    FUNCTIONS,
    PATIENCE,
    Runtime,
    environment,
    free_port,
    serving,
    started,
)

LOADING = """
import logging, time, hashlib
def loop():
    logging.info("loading")
    {code}
"""

# What does not let the exception through that ends a start.
SWALLOWING = """
    while True:
        try:
            time.sleep(0.05)
        except:
            pass
"""
# C code that neither returns to the interpreter nor keeps other threads from running.
IN_C = "hashlib.pbkdf2_hmac('sha256', b'', b'', 2_000_000_000)"

IMPORT = "loop()\ndef handle(scope, receive, send): ...\n"
NEW = "def new():\n    loop()\n"
ASYNC_NEW = "async def new():\n    loop()\n"


def write(folder: Path, source: str) -> Path:
    """Write the function, and return its folder."""
    (folder / "function.py").write_text(source)
    return folder


@pytest.mark.parametrize(
    ("where", "code", "number"),
    [
        (IMPORT, SWALLOWING, signal.SIGTERM),
        (NEW, SWALLOWING, signal.SIGINT),
        (ASYNC_NEW, SWALLOWING, signal.SIGTERM),
        (IMPORT, IN_C, signal.SIGTERM),
    ],
    ids=["import", "new", "async new", "C code"],
)
@pytest.mark.row("H8")
def test_loading_without_end(tmp_path: Path, where: str, code: str, number: int) -> None:
    """A signal ends a process whose function loads forever and catches all exceptions."""
    source = LOADING.format(code=code) + where
    with started(write(tmp_path, source), tmp_path / "log") as runtime:
        runtime.until_logged("loading")
        runtime.signal(number)

        assert 0 == runtime.ended()
        assert f"Still running 1 s after {signal.Signals(number).name}" in runtime.log
        assert "in loop" in runtime.log


@pytest.mark.row("H8")
def test_swallowed_once(tmp_path: Path) -> None:
    """A function that catches the exception and continues to load is not served."""
    code = "\n    try:\n        time.sleep(600)\n    except BaseException:\n        pass\n"
    source = LOADING.format(code=code) + IMPORT
    with started(write(tmp_path, source), tmp_path / "log") as runtime:
        runtime.until_logged("loading")
        runtime.signal()

        assert 0 == runtime.ended()
        assert "Stopped while the function was loading" in runtime.log
        assert "Listening" not in runtime.log


WAITING = """
import asyncio, logging
async def new():
    logging.info("loading")
    try:
        await asyncio.sleep(600)
    finally:
        logging.info("cleaned up")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.row("H8")
def test_async_new_that_waits(tmp_path: Path, number: int) -> None:
    """A signal cancels a waiting `async def new`, and the process ends normally."""
    with started(write(tmp_path, WAITING), tmp_path / "log") as runtime:
        runtime.until_logged("loading")
        runtime.signal(number)

        assert 0 == runtime.ended()
        assert "cleaned up" in runtime.log
        assert "Stopped while the function was loading" in runtime.log
        assert "Traceback" not in runtime.log


@pytest.mark.row("H12")
def test_async_new(tmp_path: Path) -> None:
    """What an `async def new` returns is the function, if no signal comes."""
    source = (
        "async def new():\n    return Function()\nclass Function:\n    async def handle(*_): ...\n"
    )
    with serving(write(tmp_path, source), tmp_path / "log") as runtime:
        assert 204 == runtime.get().status_code


BLOCKING = """
import hashlib, logging, time
from func_runtime.system import signals
signals.SAME_SECONDS = 0.2
async def handle(scope, receive, send):
    logging.info("blocking")
    {code}
"""
BLOCKED = {
    "Python code": "while True: pass",
    "a system call": "time.sleep(600)",
    "C code": IN_C,
    "a bare except": SWALLOWING,
}


def block(runtime: Runtime) -> None:
    """Block the event loop."""
    with runtime.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: f\r\n\r\n")
        runtime.until_logged("blocking")


@pytest.mark.parametrize("code", BLOCKED.values(), ids=BLOCKED)
@pytest.mark.row("H8")
def test_later_signal_to_a_blocked_loop(tmp_path: Path, code: str) -> None:
    """A later second signal ends the process at once, even if the loop is blocked."""
    with started(write(tmp_path, BLOCKING.format(code=code)), tmp_path / "log") as runtime:
        runtime.until_open()
        block(runtime)
        runtime.signal()
        time.sleep(0.3)
        assert None is runtime.process.poll()
        runtime.signal(signal.SIGINT)

        assert 128 + signal.SIGINT == runtime.ended()
        assert "SIGINT again: exiting at once" in runtime.log


@pytest.mark.row("R26", "H8")
def test_one_signal_to_a_blocked_loop(tmp_path: Path) -> None:
    """A process with a blocked loop ends soon after its time. The log has its position."""
    folder = write(tmp_path, BLOCKING.format(code="time.sleep(600)"))
    variables = {"FUNC_SHUTDOWN_SECONDS": "0"}
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_open()
        block(runtime)
        runtime.signal()

        assert 128 + signal.SIGTERM == runtime.ended()
        assert "Still running 1.5 s after SIGTERM: exiting at once" in runtime.log
        assert "in handle\n    time.sleep(600)" in runtime.log


@pytest.mark.parametrize(
    "numbers",
    [(signal.SIGTERM,) * 2, (signal.SIGINT,) * 2, (signal.SIGINT, signal.SIGTERM)],
    ids=["SIGTERM", "SIGINT", "both"],
)
@pytest.mark.row("R8", "H8")
def test_doubled_signal(tmp_path: Path, numbers: tuple[int, int]) -> None:
    """Two signals at the same time are one: a request is answered, and stop() runs."""
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime,
        ThreadPoolExecutor(1) as pool,
    ):
        gate = tmp_path / "gate"
        request = pool.submit(runtime.get, f"/slow?{gate}")
        runtime.until_logged("slow request began")
        runtime.signal(numbers[0])
        time.sleep(0.005)
        runtime.signal(numbers[1])
        runtime.until_logged("not ready any more")
        gate.touch()

        assert "slow" == request.result().text
        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped")


@pytest.mark.row("H8")
def test_doubled_signal_to_an_idle_process(tmp_path: Path) -> None:
    """A second signal at the end of the process does not change the exit code."""
    variables = {"FUNC_LAME_DUCK_SECONDS": "0"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        runtime.signal()
        while runtime.process.poll() is None:
            runtime.signal()
            time.sleep(0.001)

        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped")


STOPPING = """
import asyncio, logging
from func_runtime.system import signals
signals.SAME_SECONDS = 0.2
async def handle(scope, receive, send): ...
class Function:
    handle = staticmethod(handle)
    async def stop(self):
        logging.info("stopping")
        await asyncio.sleep(600)
new = Function
"""


@pytest.mark.row("H7", "H8")
def test_later_signal_during_stop(tmp_path: Path) -> None:
    """A signal during stop() ends the process, unless it came at the same time as the first one."""
    with started(write(tmp_path, STOPPING), tmp_path / "log") as runtime:
        runtime.until_open()
        runtime.signal()
        runtime.until_logged("stopping")
        time.sleep(0.3)
        runtime.signal()

        assert 128 + signal.SIGTERM == runtime.ended()
        assert "SIGTERM again" in runtime.log


LEAVING = """
import threading, time
async def handle(scope, receive, send): ...
threading.Thread(target=time.sleep, args=(600,)).start()
"""


@pytest.mark.row("R26", "H8")
def test_signal_after_stop(tmp_path: Path) -> None:
    """Threads of the function delay the end for at most a second. A signal does not change that."""
    with started(write(tmp_path, LEAVING), tmp_path / "log") as runtime:
        runtime.until_open()
        runtime.signal()
        runtime.until_logged("Stopped")
        for number in (signal.SIGTERM, signal.SIGINT):
            time.sleep(0.1)
            runtime.signal(number)

        assert 0 == runtime.ended()


OWN_HANDLERS = """
import asyncio, logging, os, signal
def mine(*_): raise SystemExit(7)
class Function:
    def __init__(self):
        signal.signal(signal.SIGTERM, mine)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    async def start(self, cfg):
        {start}
    async def stop(self):
        logging.info("stopped in order")
    async def handle(self, scope, receive, send):
        pass
new = Function
"""
SETTING = {
    "new": "pass",
    "start": "signal.signal(signal.SIGTERM, mine); signal.signal(signal.SIGINT, mine)",
    "the event loop": """
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, mine)
""",
    "the pipe": "signal.set_wakeup_fd(-1)",
}


@pytest.mark.parametrize("start", SETTING.values(), ids=SETTING)
@pytest.mark.row("R8")
def test_handlers_of_the_function(tmp_path: Path, start: str) -> None:
    """A function that sets its own signal handlers, as frameworks do, is stopped normally, too."""
    folder = write(tmp_path, OWN_HANDLERS.format(start=start))
    with serving(folder, tmp_path / "log") as runtime:
        runtime.until_logged("is serving")
        runtime.signal()

        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped in order")


def test_handlers_of_the_function_are_named(tmp_path: Path) -> None:
    """The log names a signal handler that start() has set and that is not called, with advice."""
    folder = write(tmp_path, OWN_HANDLERS.format(start=SETTING["start"]))
    with serving(folder, tmp_path / "log") as runtime:
        runtime.until_logged("is serving")

    found = "WARNING  func_runtime: The function's handler for SIGTERM is not called"
    assert found in runtime.log


STEALING = """
import logging, signal
from func_runtime.system import signals
signals.SAME_SECONDS = 0.2
class Function:
    async def handle(self, scope, receive, send):
        signal.set_wakeup_fd(-1)
        logging.info("taken")
    async def stop(self):
        import time
        logging.info("stopping")
        while True: time.sleep(0.01)
new = Function
"""


@pytest.mark.row("H8")
def test_pipe_taken_while_serving(tmp_path: Path) -> None:
    """Signals still work if code has replaced the wakeup fd."""
    with started(write(tmp_path, STEALING), tmp_path / "log") as runtime:
        runtime.until_open()
        runtime.get()
        runtime.signal()
        runtime.until_logged("stopping")
        time.sleep(0.3)
        runtime.signal()

        assert 128 + signal.SIGTERM == runtime.ended()


OTHER_SIGNALS = """
import asyncio, logging, signal
class Function:
    async def start(self, cfg):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, logging.info, "by the event loop")
        signal.signal(signal.SIGUSR2, lambda *_: logging.info("by Python"))
    async def handle(self, scope, receive, send):
        pass
new = Function
"""


def test_other_signals(tmp_path: Path) -> None:
    """The function's handlers for other signals are called at once."""
    with serving(write(tmp_path, OTHER_SIGNALS), tmp_path / "log") as runtime:
        runtime.until_logged("is serving")
        runtime.process.send_signal(signal.SIGUSR1)
        runtime.until_logged("by the event loop")
        runtime.process.send_signal(signal.SIGUSR2)
        runtime.until_logged("by Python")


@pytest.mark.parametrize("milliseconds", [0, 15, 30, 45, 60])
@pytest.mark.row("H8")
def test_signal_while_the_process_starts(tmp_path: Path, milliseconds: int) -> None:
    """A signal at any time of a start ends the process."""
    with started(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime:
        time.sleep(milliseconds / 1000)
        runtime.signal()

        assert runtime.ended() in (0, -signal.SIGTERM)
        assert "Traceback" not in runtime.log


BETWEEN = """
import os, signal, time
class Function:
    def __getattr__(self, name):
        if name == "ready":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)
        raise AttributeError(name)
    async def handle(self, scope, receive, send):
        pass
new = Function
"""


@pytest.mark.row("H8")
def test_signal_between_new_and_start(tmp_path: Path) -> None:
    """A signal while the runtime's own code runs takes effect right after it."""
    with started(write(tmp_path, BETWEEN), tmp_path / "log") as runtime:
        assert 0 == runtime.ended()
        assert "SIGTERM received" in runtime.log
        assert "Listening" not in runtime.log


# A container whose limit of processes is reached (--pids-limit).
WITHOUT_THREADS = """
import threading
def no_thread(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = no_thread
from func_runtime.__main__ import main
main()
"""
SERVING = """
import asyncio, logging, os
from func_runtime.system import signals
signals.SAME_SECONDS = 0.2
class Function:
    def start(self, cfg):
        logging.info("starting")
    async def handle(self, scope, receive, send):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
    async def stop(self):
        logging.info("stopping")
        await asyncio.sleep(float(os.environ["STOP_SECONDS"]))
new = Function
"""


@pytest.mark.parametrize(("seconds", "code"), [("0", 0), ("600", 143)], ids=["once", "again"])
def test_no_thread_left(tmp_path: Path, seconds: str, code: int) -> None:
    """If the process cannot start a thread, signals still end it."""
    log, port = tmp_path / "log", free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_THREADS],
            cwd=write(tmp_path, SERVING),
            env=environment(port, {"STOP_SECONDS": seconds}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )
    runtime = Runtime(process, port, log)
    try:
        runtime.until_open()
        runtime.get()
        runtime.signal()
        runtime.signal()
        runtime.until_logged("stopping")
        time.sleep(0.3)
        runtime.signal()

        assert code == runtime.ended()
    finally:
        process.kill()
        process.wait(PATIENCE)


FLOODING = """
import os, time
os.set_blocking(2, False)
for size in (4096, 1):
    try:
        while True:
            os.write(2, b"x" * size)
    except BlockingIOError:
        pass
os.set_blocking(2, True)
told = False
while True:
    try:
        told = told or os.write(1, b"full")
        time.sleep(0.05)
    except:
        pass
def handle(scope, receive, send): ...
"""


@pytest.mark.row("H8")
def test_log_that_nobody_reads(tmp_path: Path) -> None:
    """A process whose log nobody reads still ends."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "func_runtime"],
        cwd=write(tmp_path, FLOODING),
        env=environment(None),
        stdout=subprocess.PIPE,
        stderr=writing,
    )
    os.close(writing)
    try:
        assert process.stdout is not None
        assert b"full" == process.stdout.read(4)
        process.stdout.close()
        process.terminate()

        assert 0 == process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(reading)
