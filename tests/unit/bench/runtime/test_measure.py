"""The load at which peers are compared."""

from bench.runtime.measure import connections_for


def test_connections() -> None:
    """Each connection sends a hundred requests a second, for it waits 10 ms before each."""
    assert [1, 1, 150] == [connections_for(rate) for rate in (10, 100, 15_000)]
