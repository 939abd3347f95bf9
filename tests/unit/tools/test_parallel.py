"""Jobs that run at the same time."""

import threading

import pytest

from tools.console import Failure
from tools.parallel import Reported, together


def test_results_are_in_the_order_of_the_jobs() -> None:
    """The jobs run at the same time: here, each waits for the other."""
    meeting = threading.Barrier(2, timeout=10)

    def job(name: str) -> str:
        meeting.wait()
        return name

    assert ["run", "build"] == together(lambda: job("run"), lambda: job("build"))


def test_what_fails_is_reported_and_the_others_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Each failure is reported once. The other jobs are finished."""
    ended = threading.Event()

    def fail() -> None:
        raise Failure("The packages cannot be fetched", "Found: no network")

    with pytest.raises(Reported):
        together(fail, ended.set)

    assert ended.is_set()
    written = capsys.readouterr().err
    assert 1 == written.count("The packages cannot be fetched\n  Found: no network\n")
