"""Folders of the cache are complete, and created once for all processes."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools import ROOT
from tools.cache.cache import Cache
from tools.console import Failure

# Another process of another clone: it adds a line to the file `made` each time that it fills.
_OTHER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tools.cache.cache import Cache
cache = Path(sys.argv[2])
def fill(folder):
    time.sleep(0.2)
    (folder / "layer").write_text("whole")
    with (cache / "made").open("a") as made:
        made.write("x")
Cache(cache).once(cache / "stack" / "run" / "0123", fill)
"""


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache")


def write(folder: Path) -> None:
    """Fill a folder."""
    (folder / "layer").write_text("whole")


def test_the_first_makes_it_and_the_second_finds_it(cache: Cache) -> None:
    """The folder is filled once."""
    made: list[Path] = []
    folder = cache.folder / "stack" / "0123"

    def fill(half: Path) -> None:
        made.append(half)
        write(half)

    assert folder == cache.once(folder, fill)
    assert folder == cache.once(folder, fill)
    assert 1 == len(made)
    assert "whole" == (folder / "layer").read_text()
    assert 0o755 == folder.stat().st_mode & 0o777


def test_nothing_is_left_of_what_fails(cache: Cache) -> None:
    """If a folder cannot be filled, nothing of it is left."""

    def fail(half: Path) -> None:
        write(half)
        raise Failure("No space left on device")

    with pytest.raises(Failure, match="No space left"):
        cache.once(cache.folder / "stack" / "0123", fail)

    assert [] == list((cache.folder / "stack").iterdir())


def test_the_half_of_a_killed_run_goes(cache: Cache) -> None:
    """The next run removes an incomplete folder of a killed run, and no other."""
    stack = cache.folder / "stack"
    for left in ("0123.half.abc", "4567.half.abc"):
        (stack / left).mkdir(parents=True)

    cache.once(stack / "0123", write)

    assert {"0123", "4567.half.abc"} == {path.name for path in stack.iterdir()}


def test_what_no_run_uses_goes(cache: Cache) -> None:
    """A folder that was not used for two weeks is removed. A used one stays."""
    stack = cache.folder / "stack"
    for name in ("old", "used", "young"):
        cache.once(stack / name, write)
    for name in ("old", "used"):
        os.utime(stack / name, (0, time.time() - 15 * 24 * 3600))
    cache.once(stack / "used", write)

    cache.once(stack / "new", write)

    assert {"new", "used", "young"} == {path.name for path in stack.iterdir()}


def test_processes_at_a_time_make_it_once(cache: Cache) -> None:
    """Of several processes, one creates it, and the others wait."""
    cache.folder.mkdir()
    command = [sys.executable, "-I", "-B", "-c", _OTHER, str(ROOT), str(cache.folder)]
    with cache.locked("stack-run-0123"):
        runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
        waited = [run.stderr.readline() for run in runs if run.stderr]
    for run in runs:
        run.communicate()

    assert [0, 0, 0, 0] == [run.returncode for run in runs]
    assert "x" == (cache.folder / "made").read_text()
    assert "whole" == (cache.folder / "stack" / "run" / "0123" / "layer").read_text()
    assert 4 == sum("Waiting for another run that works on stack-run" in text for text in waited)


def test_threads_of_one_process_make_it_once(cache: Cache) -> None:
    """A lock also works between threads."""
    made: list[Path] = []

    def fill(half: Path) -> None:
        time.sleep(0.05)
        made.append(half)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: cache.once(cache.folder / "a" / "0", fill), range(4)))

    assert 1 == len(made)


def test_what_another_run_takes_away_meanwhile_is_no_error(cache: Cache) -> None:
    """While a run looks for unused entries, another one may remove an entry."""
    stack = cache.folder / "stack"
    stack.mkdir(parents=True)
    (stack / "gone").symlink_to("nowhere")

    assert stack / "0123" == cache.once(stack / "0123", write)


def test_a_folder_elsewhere_with_a_long_path(cache: Cache, tmp_path: Path) -> None:
    """The lock of a folder outside the cache has a short name."""
    folder = tmp_path / ("a" * 150) / ("b" * 150) / "0123"

    assert folder == cache.once(folder, write)
