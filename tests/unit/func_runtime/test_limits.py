"""The limit of open files."""

import resource

import pytest

from func_runtime import limits

INFINITY = resource.RLIM_INFINITY


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
    """The soft limit goes up to the hard one, or to as many as anyone needs."""
    applied: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: before)
    monkeypatch.setattr(resource, "setrlimit", lambda which, limit: applied.append(limit))

    limits.raise_open_files()

    assert after == applied
