"""Which processes are a peer's."""

from bench.runtime import process


def test_tree() -> None:
    """A server's workers are its own, and theirs; what started the server is not."""
    assert [10, 11, 12, 13] == process.tree(10, {10: 1, 11: 10, 12: 10, 13: 11, 14: 1})
