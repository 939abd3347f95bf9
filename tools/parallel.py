"""Jobs that run at the same time. Most of them wait for programs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from tools import process
from tools.console import Failure, Stopped, report

T = TypeVar("T")


class Reported(Exception):
    """Some jobs failed, and have already reported why."""


def together(*jobs: Callable[[], T]) -> list[T]:
    """Run all jobs at the same time, and return their results in the order of the jobs.

    A failure is reported at once. The other jobs continue, and their results stay in the cache.

    :raises Reported: at least one failed
    """
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(_reporting, job) for job in jobs]
        try:
            wait(futures)
        except Stopped:
            process.stop_all()
            raise
    return [future.result() for future in futures]


def _reporting(job: Callable[[], T]) -> T:
    try:
        return job()
    except Failure as failure:
        report(failure)
        raise Reported from failure
