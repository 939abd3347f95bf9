"""The load for comparisons of peers."""

from bench.runtime.measure import connections_for


def test_connections() -> None:
    """Each connection sends a hundred requests a second, because it waits 10 ms before each."""
    assert [1, 1, 150] == [connections_for(rate) for rate in (10, 100, 15_000)]
