"""The table of builds on a fresh runner."""

from pathlib import Path

from bench.build.ci import Measurement


def test_medians_by_function_and_way() -> None:
    """A row has a function and a way to build it, a column what was changed before the build."""
    taken = {
        ("fn", "without a cache"): {"first build": [3.0, 1.0, 2.04], "changed line": [1.0]},
        ("fn", "--cache-image"): {"first build": [4.0], "changed line": [0.5]},
    }
    for builds in taken.values():
        builds["one more package"] = [7.0]

    table = Measurement(Path(), "localhost:5000", {}, taken).table()

    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert rows[0] == [
        "function",
        "build",
        "first build, s",
        "changed line, s",
        "one more package, s",
    ]
    assert rows[2:] == [
        ["fn", "without a cache", "2.0", "1.0", "7.0"],
        ["fn", "--cache-image", "4.0", "0.5", "7.0"],
    ]
