"""Starts the runtime like an image or a host: as a process in a function's folder, on a port."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "tests" / "fixtures" / "functions"

# What measures the coverage of child processes (tools/python/coverage.sh).
_PASSED = ("PATH", "COVERAGE_FILE", "COVERAGE_RCFILE", "COVERAGE_PROCESS_START")
# Guards against what never comes: longer than anything here takes, however busy the machine is.
# So what a test must not wait for never ends by itself.
PATIENCE = 60.0


@dataclass
class Runtime:
    """A running process and where it listens."""

    process: subprocess.Popen[str]
    port: int
    log_file: Path
    signalled: bool = False

    @property
    def url(self) -> str:
        """The function's address, as the queue-proxy dials it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Its output so far."""
        return self.log_file.read_text(encoding="utf-8")

    def get(self, path: str = "/", **options: object) -> httpx.Response:
        """Send a request on a new connection."""
        return httpx.get(f"{self.url}{path}", timeout=PATIENCE, **options)  # type: ignore[arg-type]

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def client(self) -> httpx.Client:
        """Return a client that keeps its connections."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE)

    @contextmanager
    def waiting(self) -> Iterator[socket.socket]:
        """Send a request that the runtime has read by now, and yield its connection.

        Connections are accepted and read in their order: a later one has had its answer.
        """
        with self.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: f\r\n\r\n")
            self.get("/health/liveness")
            yield connection

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal."""
        self.signalled = True
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE)

    def until_logged(self, text: str) -> None:
        """Wait for words in the log."""
        eventually(lambda: text in self.log, f"{text!r} in the log")

    def until_open(self) -> None:
        """Wait for the port."""
        eventually(self._accepts, "an open port")

    def until_ready(self, headers: Mapping[str, str] | None = None) -> None:
        """Wait for a readiness probe that succeeds: ready() may take longer than a probe waits."""
        eventually(
            lambda: self.get("/health/readiness", headers=headers).status_code == httpx.codes.OK,
            "a readiness probe that succeeds",
        )

    def _accepts(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            self.connect().close()
        except OSError:
            return False
        return True


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never seen: {what}"
        time.sleep(0.01)


def free_port(family: socket.AddressFamily = socket.AF_INET) -> int:
    """Return a port of loopback that nothing listens on.

    It is not one of those that Linux gives to connections (ip_local_port_range, from 32768 on):
    another test's could have it before the runtime does.
    """
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    while True:
        port = secrets.choice(range(10_000, 32_768))
        with socket.socket(family) as probe, suppress(OSError):  # it is taken
            probe.bind((host, port))
            return port


def environment(port: int | None, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a small environment, with a short time for the lame duck."""
    environ = {name: os.environ[name] for name in _PASSED if name in os.environ}
    environ["PYTHONPATH"] = str(ROOT / "buildpack" / "runtime" / "src")
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    environ["FUNC_LAME_DUCK_SECONDS"] = "0.05"
    if port is not None:
        environ["PORT"] = str(port)
    return environ | dict(variables or {})


@contextmanager
def started(
    folder: Path,
    log: Path,
    *arguments: str,
    port: int | None = None,
    variables: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> Iterator[Runtime]:
    """Start the runtime in a function's folder; it is killed at the end if it still runs.

    `python` is the interpreter of another environment than the tests' own.
    """
    port = port or free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [python or sys.executable, "-m", "func_runtime", *arguments],
            cwd=folder,
            env=environment(port, variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Runtime(process, port, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)


@contextmanager
def serving(
    folder: Path,
    log: Path,
    *,
    port: int | None = None,
    variables: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> Iterator[Runtime]:
    """Start it, wait until it listens, and stop it in order at the end."""
    with started(folder, log, port=port, variables=variables, python=python) as runtime:
        runtime.until_open()
        yield runtime
        if not runtime.signalled:
            runtime.signal()
        assert 0 == runtime.ended(), runtime.log


def ended(
    folder: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> tuple[int, str]:
    """Run the runtime to its end, and return its exit code and output."""
    result = subprocess.run(
        [python or sys.executable, "-m", "func_runtime", *arguments],
        cwd=folder,
        env=environment(free_port(), variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return result.returncode, result.stdout
