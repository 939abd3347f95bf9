"""Child processes of a function: they end normally, and none of them acts as the server."""

import os
import socket
from pathlib import Path

import pytest

from contract.runtime_process import eventually, serving

# What the function has for each path. `work` runs in the event loop's thread or in another.
SOURCE = """
import asyncio, multiprocessing, os, signal, subprocess, sys, time
from concurrent.futures import ProcessPoolExecutor

def square(number):
    return number * number

def handlers(_):
    # A shell starts what runs in the background with SIGINT ignored.
    return (signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
            signal.getsignal(signal.SIGINT) in (signal.default_int_handler, signal.SIG_IGN),
            signal.set_wakeup_fd(-1))

async def slowly(number):
    await asyncio.sleep(0.01)
    return number

def loop_in_child(number):
    return asyncio.run(slowly(number))

def pool(method="fork"):
    with multiprocessing.get_context(method).Pool(2) as workers:
        return workers.map(square, range(5))

def executor(method="fork"):
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as workers:
        return list(workers.map(square, range(5)))

def reset():
    with multiprocessing.get_context("fork").Pool(1) as workers:
        return workers.map(handlers, range(1))

def loops():
    with multiprocessing.get_context("fork").Pool(1) as workers:
        return workers.map(loop_in_child, range(2))

def terminated():
    process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    process.start()
    process.terminate()
    process.join()
    return process.exitcode

def programs():
    codes = [subprocess.run([sys.executable, "-c", f"raise SystemExit({code})"]).returncode
             for code in (0, 7)]
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    program.terminate()
    in_child = subprocess.run([sys.executable, "-c", "0"], preexec_fn=lambda: None).returncode
    return [*codes, program.wait(), in_child]

def forked():
    child = os.fork()
    if not child:
        os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def lasting():
    child = os.fork()
    if not child:
        time.sleep(60)
    return child

def returning():
    child = os.fork()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else "child"

WORK = {name: globals()[name] for name in (
    "pool", "executor", "reset", "loops", "terminated", "programs", "forked", "lasting", "returning"
)}

def answer(path):
    name, _, method = path.strip("/").partition("/")
    return repr(WORK[name](*method.split())).encode()
"""
SYNC = """
def handle(scope, receive, send):
    body = answer(scope["path"])
    send({"type": "http.response.start", "status": 200, "headers": []})
    send({"type": "http.response.body", "body": body})
"""
ASYNC = """
async def handle(scope, receive, send):
    body = answer(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""
KINDS = {"thread": SYNC, "event loop": ASYNC}

EXPECTED = {
    "/pool/fork": "[0, 1, 4, 9, 16]",
    "/pool/spawn": "[0, 1, 4, 9, 16]",
    "/pool/forkserver": "[0, 1, 4, 9, 16]",
    "/executor/fork": "[0, 1, 4, 9, 16]",
    "/executor/spawn": "[0, 1, 4, 9, 16]",
    "/reset": "[(True, True, -1)]",
    "/loops": "[0, 1]",
    "/terminated": "-15",
    "/programs": "[0, 7, -15, 0]",
    "/forked": "3",
}


@pytest.mark.parametrize("handle", KINDS.values(), ids=KINDS)
def test_children(tmp_path: Path, handle: str) -> None:
    """Each way to start a process works in a handler, in any thread."""
    (tmp_path / "function.py").write_text(SOURCE + handle)
    with serving(tmp_path, tmp_path / "log") as runtime:
        found = {path: runtime.get(path).text for path in EXPECTED}

        assert EXPECTED == found
        assert "received" not in runtime.log


@pytest.mark.parametrize("handle", KINDS.values(), ids=KINDS)
def test_signals_to_children(tmp_path: Path, handle: str) -> None:
    """A signal to a child process, even right after its start, does not reach the server."""
    (tmp_path / "function.py").write_text(SOURCE + handle)
    with serving(tmp_path, tmp_path / "log") as runtime:
        found = [runtime.get("/terminated").text for _ in range(20)]

        assert ["-15"] * 20 == found
        assert "received" not in runtime.log


@pytest.mark.parametrize("handle", KINDS.values(), ids=KINDS)
def test_child_that_lives_on(tmp_path: Path, handle: str) -> None:
    """A child process does not keep the server's connections open, nor its port after its end."""
    (tmp_path / "function.py").write_text(SOURCE + handle)
    with serving(tmp_path, tmp_path / "log") as runtime:
        with runtime.connect() as connection:
            connection.sendall(b"GET /lasting HTTP/1.1\r\nhost: f\r\nconnection: close\r\n\r\n")
            received = b""
            while part := connection.recv(65536):
                received += part
        child = int(received.rpartition(b"\r\n")[2])
        runtime.signal()
        runtime.ended()
        os.kill(child, 0)  # it is there
        socket.create_server(("127.0.0.1", runtime.port)).close()
        os.kill(child, 9)


def test_child_that_returns(tmp_path: Path) -> None:
    """A forked child that returns from the handler answers no request and exits."""
    (tmp_path / "function.py").write_text(SOURCE + ASYNC)
    with serving(tmp_path, tmp_path / "log") as runtime:
        answers = [runtime.get("/returning").text for _ in range(2)]

        assert ["1", "1"] == answers
        assert 2 == runtime.log.count("It must call os._exit()")


SHARED = """
assert forked() == 3
workers = multiprocessing.get_context("fork").Pool(2)
"""


def test_no_worker_is_left(tmp_path: Path) -> None:
    """After SIGTERM the workers of a pool that the function keeps end with the process."""
    (tmp_path / "function.py").write_text(SOURCE + SHARED + SYNC)
    with serving(tmp_path, tmp_path / "log") as runtime:
        pids = children(runtime.process.pid)
        runtime.signal()
        runtime.ended()

        assert 2 == len(pids)
        eventually(lambda: not any(map(alive, pids)), "the end of the workers")


def children(process: int) -> list[str]:
    """Return the ids of the processes that a process has started from any of its threads."""
    tasks = Path("/proc", str(process), "task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def alive(process: str) -> bool:
    """Return whether there is a process."""
    return Path("/proc", process).exists()


IN_NEW = """
import asyncio, os, sys
async def handle(scope, receive, send):
    first = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(7)")
    second = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=-1)
    second.terminate()
    child = os.fork()  # with libuv's handler of SIGCHLD, which is then to be no more
    if not child:
        grandchild = os.fork()
        if grandchild:
            os.waitpid(grandchild, 0)
        os._exit(0)
    os.waitpid(child, 0)
    body = f"{await first.wait()} {await second.wait()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


def test_programs_of_the_event_loop(tmp_path: Path) -> None:
    """Programs that the event loop starts have their own exit codes."""
    (tmp_path / "function.py").write_text(IN_NEW)
    with serving(tmp_path, tmp_path / "log") as runtime:
        assert "7 -15" == runtime.get().text
