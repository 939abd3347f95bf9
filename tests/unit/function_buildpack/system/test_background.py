"""Background work runs, is waited for, and raises where it is waited for."""

import threading

import pytest

from function_buildpack.system import background


def test_done() -> None:
    """Tasks run in their order, and are finished after waiting."""
    told, started, go_on = list[str](), threading.Event(), threading.Event()

    def first() -> None:
        started.set()
        assert go_on.wait(30)
        told.append("first")

    with background.working() as thread:
        thread.start(first)
        thread.start(lambda: told.append("second"))
        assert started.wait(30)
        told.append("main line")
        go_on.set()
        thread.finish()
        told.append("waited")

    assert ["main line", "first", "second", "waited"] == told


def test_failed() -> None:
    """An exception of a task is raised where it is waited for."""

    def fail() -> None:
        raise OSError("full")

    with background.working() as thread:
        thread.start(fail)
        with pytest.raises(OSError, match="full"):
            thread.finish()
        thread.finish()


def test_left() -> None:
    """A task that nobody waits for is finished even if the build fails."""
    done = threading.Event()

    with background.working() as thread:
        thread.start(done.set)

    assert done.is_set()


def test_both_failed() -> None:
    """If both fail, the error of the task is raised."""

    def fail() -> None:
        raise OSError("full")

    def both() -> None:
        with background.working() as thread:
            thread.start(fail)
            raise ValueError("other")

    with pytest.raises(OSError, match="full"):
        both()


def test_main_line_failed() -> None:
    """If only the caller fails, its error is raised."""

    def alone() -> None:
        with background.working() as thread:
            thread.start(lambda: None)
            raise ValueError("other")

    with pytest.raises(ValueError, match="other"):
        alone()
