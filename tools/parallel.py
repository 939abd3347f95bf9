"""Work side by side: most of it waits for programs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from tools import process
from tools.console import Failure, Stopped, report

T = TypeVar("T")


class Reported(Exception):
    """Some of the work failed, and said why when it did."""


def together(*jobs: Callable[[], T]) -> list[T]:
    """Do all jobs at the same time, and return their results in this order.

    What fails says so at once; the others come to their end, and what they made stays in the cache.

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
