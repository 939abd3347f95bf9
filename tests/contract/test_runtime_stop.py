"""From a signal to the end of the process."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.runtime_process import FUNCTIONS, eventually, serving, started
from func_runtime.system import signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.row("R27")
def test_idle(tmp_path: Path, number: int) -> None:
    """An idle process exits with 0 after stop(), without waiting for its time to shut down."""
    variables = {"FUNC_SHUTDOWN_SECONDS": "600"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        runtime.signal(number)

        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped")


@pytest.mark.row("R8", "R27", "H9")
def test_request_in_flight(tmp_path: Path) -> None:
    """A request that is running at the signal is answered, and stop() runs after it."""
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime,
        ThreadPoolExecutor(1) as pool,
    ):
        gate = tmp_path / "gate"
        request = pool.submit(runtime.get, f"/slow?{gate}")
        runtime.until_logged("slow request began")
        runtime.signal()
        runtime.until_logged("not ready any more")
        gate.touch()

        assert "slow" == request.result().text
        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped")


@pytest.mark.row("R28")
def test_lame_duck(tmp_path: Path) -> None:
    """Right after the signal, it is not ready, but still answers for a while."""
    variables = {"FUNC_LAME_DUCK_SECONDS": "2"}
    with serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime:
        runtime.signal()
        runtime.until_logged("not ready any more")

        assert 503 == runtime.get("/health/readiness").status_code
        assert 200 == runtime.get("/health/liveness").status_code
        assert 200 == runtime.get("/").status_code
        assert 0 == runtime.ended()


@pytest.mark.row("R26")
def test_request_without_end(tmp_path: Path) -> None:
    """A request that takes longer than the time to shut down gets 503, and stop() still runs."""
    variables = {"FUNC_SHUTDOWN_SECONDS": "1"}
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime,
        ThreadPoolExecutor(1) as pool,
    ):
        request = pool.submit(runtime.get, "/slow?never")
        runtime.until_logged("slow request began")
        runtime.signal()

        assert 503 == request.result().status_code
        assert 0 == runtime.ended()
        assert "GET '/slow' was cut off" in runtime.log
        assert 1 == runtime.log.count("stopped")


def test_sync_request_without_end(tmp_path: Path) -> None:
    """A thread that nothing can interrupt does not keep the process from ending."""
    variables = {"FUNC_SHUTDOWN_SECONDS": "1"}
    with (
        serving(FUNCTIONS / "runtime_sync", tmp_path / "log", variables=variables) as runtime,
        ThreadPoolExecutor(1) as pool,
    ):
        request = pool.submit(runtime.get, "/?never")
        runtime.until_logged("slow request began")
        runtime.signal()

        assert 0 == runtime.ended()
        assert 503 == request.result().status_code


@pytest.mark.row("H8")
def test_second_signal(tmp_path: Path) -> None:
    """A later signal ends the process at once, with an exit code for that signal."""
    with (
        started(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime,
        ThreadPoolExecutor(1) as pool,
    ):
        runtime.until_open()
        request = pool.submit(runtime.get, "/slow?never")
        runtime.until_logged("slow request began")
        runtime.signal()
        runtime.until_logged("not ready any more")
        time.sleep(signals.SAME_SECONDS)
        runtime.signal()

        assert 128 + signal.SIGTERM == runtime.ended()
        assert "SIGTERM again: exiting at once" in runtime.log
        assert request.exception() is not None


@pytest.mark.row("H8")
def test_signal_during_start(tmp_path: Path) -> None:
    """A signal during start() ends the process normally, too. Waiting requests get 503."""
    folder, variables = FUNCTIONS / "runtime_slow_start", {"START_UNTIL": "never"}
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_open()
        with runtime.waiting() as connection:
            runtime.signal()

            assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert 0 == runtime.ended()
        assert 1 == runtime.log.count("stopped")


def test_signal_before_the_port_is_open(tmp_path: Path) -> None:
    """A signal soon after the begin of start() ends the process before the port opens."""
    folder = FUNCTIONS / "runtime_slow_start"
    variables = {"START_UNTIL": "never", "PORT_OPENS_AFTER": "600"}
    with started(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.until_logged("starting")
        runtime.signal()

        assert 0 == runtime.ended()
        assert "Listening" not in runtime.log
        assert 1 == runtime.log.count("stopped")


@pytest.mark.row("H7")
def test_stop_raises(tmp_path: Path) -> None:
    """If stop() raises, the traceback is logged, and the process still ends normally."""
    with serving(FUNCTIONS / "runtime_stop_raises", tmp_path / "log") as runtime:
        runtime.signal()

        assert 0 == runtime.ended()
        assert "stop() raised an exception\nTraceback" in runtime.log
        assert "RuntimeError: cannot flush" in runtime.log


@pytest.mark.row("H7")
def test_stop_without_end(tmp_path: Path) -> None:
    """If stop() does not return in time, the process exits without it, and logs that."""
    variables = {"STOP_HANGS": "1", "FUNC_SHUTDOWN_SECONDS": "1"}
    folder = FUNCTIONS / "runtime_stop_raises"
    with serving(folder, tmp_path / "log", variables=variables) as runtime:
        runtime.signal()

        assert 0 == runtime.ended()
        assert "stop() took longer than" in runtime.log


def test_idle_connections_are_closed(tmp_path: Path) -> None:
    """Connections that are kept alive do not keep the process alive."""
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime,
        runtime.connect() as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nhost: f\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        runtime.signal()
        while connection.recv(65536):
            pass

        assert 0 == runtime.ended()


def test_client_that_does_not_read(tmp_path: Path) -> None:
    """A client that never reads its response does not keep the process alive."""
    variables = {"FUNC_SHUTDOWN_SECONDS": "1"}
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log", variables=variables) as runtime,
        runtime.connect() as connection,
    ):
        connection.sendall(b"GET /big HTTP/1.1\r\nhost: f\r\n\r\n")
        runtime.until_logged("big answer began")
        runtime.signal()

        assert 0 == runtime.ended()


def test_new_connections_are_refused_after_the_lame_duck(tmp_path: Path) -> None:
    """While requests end, no new connection is accepted."""
    with (
        serving(FUNCTIONS / "runtime_http", tmp_path / "log") as runtime,
        ThreadPoolExecutor(1) as pool,
    ):
        gate = tmp_path / "gate"
        request = pool.submit(runtime.get, f"/slow?{gate}")
        runtime.until_logged("slow request began")
        runtime.signal()

        def refused() -> bool:
            try:
                runtime.connect().close()
            except OSError:
                return True
            return False

        eventually(refused, "a refused connection")
        gate.touch()
        assert "slow" == request.result().text
