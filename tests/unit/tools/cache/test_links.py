"""Links into the cache."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.cache.links import link


def test_a_link_is_replaced(tmp_path: Path) -> None:
    """A link is replaced, and its folder is created."""
    path = tmp_path / ".tools" / "pack"

    link(path, "one")
    link(path, tmp_path / "two")
    link(path, tmp_path / "two")

    assert tmp_path / "two" == path.readlink()
    assert ["pack"] == [entry.name for entry in path.parent.iterdir()]


def test_runs_at_a_time(tmp_path: Path) -> None:
    """Several runs may create the same link."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: link(tmp_path / "pack", str(name)), range(32)))

    assert (tmp_path / "pack").readlink().name in set(map(str, range(32)))
    assert ["pack"] == [entry.name for entry in tmp_path.iterdir()]
