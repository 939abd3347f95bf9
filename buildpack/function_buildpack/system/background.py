"""Runs work in the background, such as copying files while uv downloads packages."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class BackgroundThread:
    """A thread that runs one task after another. Tasks must not write to the log."""

    _executor: ThreadPoolExecutor
    _started: list[Future[Any]] = field(default_factory=list)

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Start a task, and return its future result."""
        started = self._executor.submit(work)
        self._started.append(started)
        return started

    def finish(self) -> None:
        """Wait for all started tasks.

        :raises Exception: an exception of one of them.
        """
        while self._started:
            self._started.pop(0).result()


@contextmanager
def working() -> Iterator[BackgroundThread]:
    """Yield a background thread, and wait for its tasks at the end.

    If the caller and a task fail, the error of the task is raised: a full disk causes various
    errors in the caller.
    """
    with ThreadPoolExecutor(max_workers=1) as executor:
        thread = BackgroundThread(executor)
        try:
            yield thread
        except BaseException:
            thread.finish()
            raise
