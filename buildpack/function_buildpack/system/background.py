"""Runs work in the background, such as copying files while uv downloads packages."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Background:
    """A thread that runs one task after another. Tasks must not write to the log."""

    _executor: ThreadPoolExecutor
    _begun: list[Future[Any]] = field(default_factory=list)

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Start a task, and return its future result."""
        begun = self._executor.submit(work)
        self._begun.append(begun)
        return begun

    def finish(self) -> None:
        """Wait for all started tasks.

        :raises Exception: an exception of one of them.
        """
        while self._begun:
            self._begun.pop(0).result()


@contextmanager
def working() -> Iterator[Background]:
    """Yield a background thread, and wait for its tasks at the end.

    If the caller and a task fail, the error of the task is raised: a full disk causes various
    errors in the caller.
    """
    with ThreadPoolExecutor(max_workers=1) as executor:
        side = Background(executor)
        try:
            yield side
        except BaseException:
            side.finish()
            raise
