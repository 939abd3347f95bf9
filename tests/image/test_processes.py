"""The processes in a container: an init that reaps orphans, and the runtime, which gets signals."""

import signal
import time
from collections.abc import Iterator

import pytest

from image import prerequisites
from image.container import Container, eventually, serving, started
from image.pack import Build, Pack


@pytest.fixture(scope="module")
def build(pack: Pack) -> Build:
    """Return the build of a function that starts processes."""
    return pack.build(prerequisites.FUNCTIONS / "children")


@pytest.fixture(scope="module")
def container(build: Build) -> Iterator[Container]:
    """Run it."""
    with serving(build.image) as container:
        yield container


def processes(container: Container) -> dict[int, str]:
    """Return the state of each process in a container."""
    return dict(container.get("/processes").json())


def test_orphans_are_reaped(container: Container) -> None:
    """Processes whose parents have ended are reaped, also if there are many."""
    server = container.get("/orphans").json()

    assert eventually(lambda: set(processes(container)) == {1, server}), processes(container)


def test_exit_codes(container: Container) -> None:
    """A parent can read a child's exit code, also long after its end."""
    assert [0, 1, 2, 3, 4] == container.get("/codes").json()


def test_limit_of_processes(build: Build) -> None:
    """Orphans that have ended do not count towards the limit of processes."""
    with serving(build.image, pids_limit=100) as container:
        server = container.get("/orphans").json()
        assert eventually(lambda: set(processes(container)) == {1, server})

        assert server == container.get("/orphans").json()


@pytest.mark.row("R8", "H8")
def test_signal_while_it_starts(build: Build) -> None:
    """A container that is stopped right after its start ends, although PID 1 is still starting."""
    with started(build.image) as container:
        began = time.monotonic()

        assert container.stop() in (0, 128 + signal.SIGTERM)
        assert time.monotonic() - began < 10


def test_server_is_killed(build: Build) -> None:
    """If the server is killed, for example without memory, the container's exit code shows it."""
    with serving(build.image) as container:
        server = max(processes(container))
        code = f"import os; os.kill({server}, {int(signal.SIGKILL)})"
        container.started.get_wrapped_container().exec_run(["python", "-c", code])

        assert 128 + signal.SIGKILL == container.wait()
