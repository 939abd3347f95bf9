"""The processes of a peer."""

from bench.runtime import process


def test_tree() -> None:
    """The tree has the server's children and their children, but not its parent."""
    assert [10, 11, 12, 13] == process.tree(10, {10: 1, 11: 10, 12: 10, 13: 11, 14: 1})
