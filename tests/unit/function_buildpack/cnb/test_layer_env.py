"""Environment changes are the same for child processes and for the lifecycle."""

from pathlib import Path

import pytest

from function_buildpack.cnb import layer_env
from function_buildpack.cnb.layer_env import Behaviour, Change


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Change("A", Behaviour.OVERRIDE, "new"), "old", "new"),
        (Change("A", Behaviour.DEFAULT, "new"), "old", "old"),
        (Change("A", Behaviour.DEFAULT, "new"), "", "new"),
        (Change("A", Behaviour.APPEND, "new", ":"), "old", "old:new"),
        (Change("A", Behaviour.APPEND, "new", ":"), "", "new"),
        (Change("A", Behaviour.PREPEND, "new", ":"), "old", "new:old"),
        (Change("A", Behaviour.PREPEND, "new", ":"), "", "new"),
    ],
)
def test_apply(change: Change, before: str, after: str) -> None:
    """A change is applied to an existing value as the launcher does."""
    assert {"A": after, "B": "b"} == layer_env.apply((change,), {"A": before, "B": "b"})


def test_write(tmp_path: Path) -> None:
    """Each change is a file with its behaviour as suffix. A delimiter is another file."""
    changes = (Change("PATH", Behaviour.PREPEND, "/x", ":"), Change("A", Behaviour.DEFAULT, "1"))

    layer_env.write(changes, tmp_path / "env.launch")

    written = {path.name: path.read_text() for path in (tmp_path / "env.launch").iterdir()}
    assert {"PATH.prepend": "/x", "PATH.delim": ":", "A.default": "1"} == written
