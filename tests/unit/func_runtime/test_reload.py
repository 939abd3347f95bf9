"""The changes that restart a process. tests/contract/test_runtime_reload.py has the restarts."""

import importlib
import os
import signal
import sys
from pathlib import Path

import pytest
from watchfiles import Change

from func_runtime import reload
from func_runtime.errors import WatcherMissing

FOLDER = Path("/home/me/site-packages/.git/my-function")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("function/__init__.py", True),
        ("function/deep/inside.py", True),
        ("func.yaml", True),
        ("pyproject.toml", True),
        ("function/data.json", False),
        ("myfunc.yaml", False),
        ("README.md", False),
        (".venv/lib/python3.13/site.py", False),
        ("env/lib/python3.13/site-packages/httpx/__init__.py", False),
        (".git/hooks/a.py", False),
        (".func/built.py", False),
        ("function/__pycache__/func.py", False),
        ("function/.#func.py", False),
        ("function/func.py~", False),
    ],
)
def test_sources(path: str, expected: bool) -> None:
    """Python files, func.yaml and pyproject.toml count, but no files of packages and tools."""
    assert expected == reload.Sources(FOLDER)(Change.modified, str(FOLDER / path))


def test_without_a_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without watchfiles, a start with --reload fails with a message."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    monkeypatch.delitem(sys.modules, "func_runtime.reload")

    with pytest.raises(WatcherMissing):
        importlib.import_module("func_runtime.reload")


def test_edit_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change right after the start of the process counts: it may have read the file before."""
    began = list[int]()

    class Edited(reload.Child):
        async def start(self) -> None:
            began.append(len(began))
            if len(began) == 1:
                (tmp_path / "func.py").touch()
            else:
                os.kill(os.getpid(), signal.SIGTERM)

        async def stop(self) -> None:
            """Do nothing, because no process runs."""

    monkeypatch.setattr(reload, "Child", Edited)

    reload.run(str(tmp_path), {})

    assert [0, 1] == began
