"""The load for comparisons of peers."""

from bench.runtime.measure import Loaded, connections_for, middle


def test_connections() -> None:
    """Each connection sends a hundred requests a second, because it waits 10 ms before each."""
    assert [1, 1, 150] == [connections_for(rate) for rate in (10, 100, 15_000)]


def test_middle_of_turns() -> None:
    """A turn that other work has slowed changes no figure."""
    usual, other = Loaded(1000, 0.002, 50e-6, 20e-6), Loaded(1010, 0.003, 49e-6, 21e-6)
    slowed = Loaded(100, 0.9, 300e-6, 90e-6)

    assert Loaded(1000, 0.003, 50e-6, 21e-6) == middle([usual, slowed, other])
