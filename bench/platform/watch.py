"""Notes when a program that watches something writes its first line."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchFailed

# Until it watches: it says nothing as long as there is nothing to see.
_STARTING_SECONDS = 2.0
_PATIENCE = 10.0


@contextmanager
def first_line(
    command: Sequence[str | Path], environ: Mapping[str, str]
) -> Iterator[Callable[[], float]]:
    """Run a program; yield what waits for its first line and returns when it came.

    The time is in seconds of the epoch. What is yielded raises BenchFailed if no line comes.
    """
    came: list[float] = []
    with subprocess.Popen(
        command, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:

        def read() -> None:
            assert program.stdout is not None
            if program.stdout.readline():
                came.append(time.time())

        def wait() -> float:
            thread.join(_PATIENCE)
            if not came:
                raise BenchFailed(f"{command[0]} has seen nothing")
            return came[0]

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        time.sleep(_STARTING_SECONDS)
        try:
            yield wait
        finally:
            program.kill()
            thread.join()
