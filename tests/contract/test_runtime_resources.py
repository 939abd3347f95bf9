"""Resources of a process: ports, CPU time when idle, and memory that does not grow."""

import asyncio
import gc
import operator
import os
import threading
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from contract.runtime_process import Runtime, eventually, serving
from func_runtime.app import app_factory
from func_runtime.lifecycle import sockets
from func_runtime.lifecycle.server import Server
from func_runtime.settings.func_yaml import FuncYaml
from func_runtime.settings.listen_addresses import Address
from func_runtime.settings.settings import Settings

FUNCTION = """
import asyncio

class Function:
    def alive(self):
        return True

    async def handle(self, scope, receive, send):
        message = await receive()
        if scope["path"] == "/fail":
            raise RuntimeError
        if scope["path"] == "/slow":
            await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": message["body"]})

new = Function
"""
NOT_READY = b"HTTP/1.1 503"
GET = b"GET / HTTP/1.1\r\nhost: f\r\n\r\n"


def folder(tmp_path: Path) -> Path:
    """Return a folder with the function."""
    (tmp_path / "function.py").write_text(FUNCTION)
    return tmp_path


def listening(process: int) -> set[int]:
    """Return the ports that a process listens on."""
    names = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(str(link.readlink()))
    inodes = {name[8:-1] for name in names if name.startswith("socket:")}
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and inode in inodes:
                ports.add(int(local.rpartition(":")[2], 16))
    return ports


def cpu_seconds(process: int) -> float:
    """Return the time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sleeps(process: int) -> bool:
    """Return whether a process is sleeping, and not only waiting for a CPU."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def memory_bytes(process: int) -> int:
    """Return the memory of a process, without pages of files."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


def open_files(process: int) -> int:
    """Return how many files a process has open."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


@pytest.mark.row("R5")
def test_one_port(tmp_path: Path) -> None:
    """It listens on its port and on no other."""
    with serving(folder(tmp_path), tmp_path / "log") as runtime:
        assert {runtime.port} == listening(runtime.process.pid)


@pytest.mark.row("R7")
def test_idle_process(tmp_path: Path) -> None:
    """It uses almost no CPU without requests, also with an idle connection."""
    with serving(folder(tmp_path), tmp_path / "log") as runtime, runtime.connect():
        runtime.until_logged("is serving")
        runtime.get()
        eventually(lambda: sleeps(runtime.process.pid), "the end of the work for the request")
        before = cpu_seconds(runtime.process.pid)
        time.sleep(3)

        assert cpu_seconds(runtime.process.pid) - before <= 0.05


def requests(runtime: Runtime, count: int, files: int) -> None:
    """Send requests of all kinds: on one connection, on new ones, failing, cut off.

    When no connection is open, the runtime has so many files.
    """
    with runtime.connect() as connection:
        for _ in range(count // 10):
            connection.sendall(GET * 10)
            left = 10
            while left:
                left -= connection.recv(65536).count(b"200 OK")
    for number in range(count // 20):
        with runtime.connect() as connection:
            match number % 4:
                case 0:
                    connection.sendall(GET)
                    connection.recv(65536)
                case 1:
                    connection.sendall(GET.replace(b"/", b"/fail", 1))
                    connection.recv(65536)
                case 2:  # goes away while the function waits
                    connection.sendall(GET.replace(b"/", b"/slow", 1))
                case _:
                    connection.sendall(b"POST / HTTP/1.1\r\nhost: f\r\ncontent-length: 9\r\n\r\nx")
        if number % 10 == 0:  # so that those which nobody waits for never become many at a time
            eventually(lambda: open_files(runtime.process.pid) <= files, "closed connections")


def test_memory_over_many_requests(tmp_path: Path) -> None:
    """After thousands of requests, it has no more memory and files than after the first ones."""
    with serving(folder(tmp_path), tmp_path / "log") as runtime:
        process = runtime.process.pid
        files = open_files(process)
        requests(runtime, 4_000, files)
        before = memory_bytes(process)
        requests(runtime, 16_000, files)

        assert memory_bytes(process) - before < 1 << 20
        eventually(lambda: open_files(process) <= files, "as few open files as at first")


class Function:
    """Has all hooks, async and not."""

    async def start(self, cfg: dict[str, str]) -> None:
        """Start."""

    def stop(self) -> None:
        """Stop."""

    def alive(self) -> bool:
        """Be alive."""
        return True

    def ready(self) -> bool:
        """Be ready."""
        return True

    def handle(self, scope: object, receive: object, send: object) -> None:
        """Answer nothing, in a thread."""


async def live() -> None:
    """Run a function from its start to its stop, with requests between."""
    settings = Settings.from_environ({"FUNC_INVOKE": "http", "FUNC_THREADS": "2"}, FuncYaml)
    adapted = app_factory.adapt(Function(), "function", settings)
    app, lifespan, _ = app_factory.create_app(adapted, settings, dict)
    server = Server(app, keep_alive=100, max_message=1 << 20, proxies=settings.proxies)
    bound = sockets.bind([Address("127.0.0.1", 0)])
    await lifespan.start()
    await server.listen(bound)
    writers = []
    try:
        for path in (b"/", b"/health/readiness", b"/health/liveness"):
            reader, writer = await asyncio.open_connection(*bound[0].getsockname())
            writers.append(writer)
            writer.write(GET.replace(b"/", path, 1))
            # Of a machine that is busy with other tests, 503 is right for the first readiness.
            assert (await reader.readline())[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 204", NOT_READY)
        writers.pop().close()
    finally:
        lifespan.stopping()
        await server.close(asyncio.get_running_loop().time() + 1)
        await lifespan.stop(within=1)
        for writer in writers:
            writer.close()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})])
async def test_many_lives(anyio_backend: object) -> None:
    """Starts and stops leave no task, thread, file or memory behind."""

    async def left() -> tuple[int, int, int, int]:
        await asyncio.sleep(0.05)
        gc.collect()
        await asyncio.sleep(0.05)
        return (
            len(asyncio.all_tasks()),
            threading.active_count(),
            open_files(os.getpid()),
            tracemalloc.get_traced_memory()[0],
        )

    tracemalloc.start()
    try:
        for _ in range(3):
            await live()
        *before, memory = await left()
        for _ in range(30):
            await live()
        *after, grown = await left()
        for _ in range(50):  # threads end when they come to it
            if all(map(operator.le, after, before)):
                break
            *after, grown = await left()
    finally:
        tracemalloc.stop()

    assert all(map(operator.le, after, before)), (before, after)
    assert grown - memory < 100_000
