"""Work beside the main line is done, waited for, and fails where it is waited for."""

import threading

import pytest

from function_buildpack.system import background


def test_done() -> None:
    """The work goes on meanwhile, in its order, and is done once it is waited for."""
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
    """What fails, fails where it is waited for."""

    def fail() -> None:
        raise OSError("full")

    with background.working() as thread:
        thread.start(fail)
        with pytest.raises(OSError, match="full"):
            thread.finish()
        thread.finish()


def test_left() -> None:
    """What nobody waits for, for the build has failed, is not broken off."""
    done = threading.Event()

    with background.working() as thread:
        thread.start(done.set)

    assert done.is_set()


def test_both_failed() -> None:
    """What failed beside is why the rest did."""

    def fail() -> None:
        raise OSError("full")

    def both() -> None:
        with background.working() as thread:
            thread.start(fail)
            raise ValueError("other")

    with pytest.raises(OSError, match="full"):
        both()


def test_main_line_failed() -> None:
    """What fails in the main line alone is raised as it is."""

    def alone() -> None:
        with background.working() as thread:
            thread.start(lambda: None)
            raise ValueError("other")

    with pytest.raises(ValueError, match="other"):
        alone()
