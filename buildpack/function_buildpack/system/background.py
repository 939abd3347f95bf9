"""Work that goes on beside the build's main line, such as copying while uv downloads."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Background:
    """One piece of work after another, in a thread. It says nothing: the log is the main line's."""

    _executor: ThreadPoolExecutor
    _begun: list[Future[Any]] = field(default_factory=list)

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Have the work done, and go on; what it returns is there once it is waited for."""
        begun = self._executor.submit(work)
        self._begun.append(begun)
        return begun

    def finish(self) -> None:
        """Wait for all that was begun.

        :raises Exception: what one of them has raised.
        """
        while self._begun:
            self._begun.pop(0).result()


@contextmanager
def working() -> Iterator[Background]:
    """Yield the place for such work. What still goes on at the end is waited for.

    Where both fail, what failed beside is raised: a full disk fails the main line in many ways.
    """
    with ThreadPoolExecutor(max_workers=1) as executor:
        side = Background(executor)
        try:
            yield side
        except BaseException:
            side.finish()
            raise
