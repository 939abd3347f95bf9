"""The limit of open files."""

import resource

import pytest

from func_runtime.system import open_files

INFINITY = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "expected"), [(1024, 768), (1, 1), (1 << 30, 3 << 18), (INFINITY, 3 << 18)]
)
def test_connections(soft: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the files is left for other purposes than connections."""
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, INFINITY))

    assert expected == open_files.max_connections()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1024, 4096), [(4096, 4096)]),
        ((4096, 4096), []),
        ((1024, INFINITY), [(1 << 20, INFINITY)]),
        ((1024, 1 << 30), [(1 << 20, 1 << 30)]),
        ((INFINITY, INFINITY), []),
    ],
)
def test_raise_open_files(
    before: tuple[int, int], after: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The soft limit is raised to the hard one, but not above a maximum."""
    applied: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: before)
    monkeypatch.setattr(resource, "setrlimit", lambda which, limit: applied.append(limit))

    open_files.raise_open_files()

    assert after == applied
