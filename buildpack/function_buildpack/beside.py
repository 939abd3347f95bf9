"""Work that goes on beside the build's main line, such as copying while uv downloads."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Beside:
    """One piece of work after another, in a thread. It says nothing: the log is the main line's."""

    _executor: ThreadPoolExecutor
    _begun: list[Future[None]] = field(default_factory=list)

    def begin(self, work: Callable[[], None]) -> None:
        """Have the work done, and go on."""
        self._begun.append(self._executor.submit(work))

    def finish(self) -> None:
        """Wait for all that was begun.

        :raises Exception: what one of them has raised.
        """
        while self._begun:
            self._begun.pop(0).result()


@contextmanager
def working() -> Iterator[Beside]:
    """Yield the place for such work. What still goes on at the end is waited for.

    Where both fail, what failed beside is raised: a full disk fails the main line in many ways.
    """
    with ThreadPoolExecutor(max_workers=1) as executor:
        side = Beside(executor)
        try:
            yield side
        except BaseException:
            side.finish()
            raise
