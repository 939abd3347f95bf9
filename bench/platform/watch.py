"""Records the time of each line of a program that watches something."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchFailed

# Until the program watches. It writes nothing before the first change.
_STARTING_SECONDS = 2.0
# The kubelet checks readiness every 10 s. On a busy machine the first check of a pod can fail.
_PATIENCE = 30.0

When = Callable[[str], float]


@contextmanager
def lines(command: Sequence[str | Path], environ: Mapping[str, str]) -> Iterator[When]:
    """Run a program. Yield a function that waits for a line with a pattern and returns its time.

    The time is in seconds of the epoch. The function raises BenchFailed if no such line comes.
    """
    came: list[tuple[str, float]] = []
    changed = threading.Condition()
    with subprocess.Popen(
        command, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:

        def read() -> None:
            assert program.stdout is not None
            for line in program.stdout:
                with changed:
                    came.append((line.rstrip(), time.time()))
                    changed.notify()

        def first(pattern: str) -> float | None:
            return next((at for line, at in came if re.search(pattern, line)), None)

        def when(pattern: str) -> float:
            with changed:
                found = changed.wait_for(lambda: first(pattern), _PATIENCE)
            if found is None:
                raise BenchFailed(f"{command[0]} did not write a line with {pattern!r}")
            return found

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        time.sleep(_STARTING_SECONDS)
        try:
            yield when
        finally:
            program.kill()
            thread.join()
