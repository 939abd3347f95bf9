"""The loader: where it finds the function, and its errors."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from func_runtime.errors import EntryPointMissing, FunctionFailed, FunctionMissing, HandleInvalid
from func_runtime.function import loader

HANDLE = "async def handle(scope, receive, send): pass\n"


@pytest.fixture(autouse=True)
def _clean_imports() -> Iterator[None]:
    """Leave the import system as it was."""
    before = list(sys.path)
    yield
    sys.path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] == "function"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "where", ["function.py", "function/__init__.py", "src/function/__init__.py", "src/function.py"]
)
def test_places(tmp_path: Path, where: str) -> None:
    """The function is a package or a module, in the folder or in its src/."""
    path = tmp_path / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HANDLE)

    assert str(path) == loader.load(str(tmp_path)).origin


def test_new_comes_first(tmp_path: Path) -> None:
    """If the module has new and handle, new is used. It is not called yet."""
    (tmp_path / "function.py").write_text(f"{HANDLE}class Mine: pass\nnew = Mine\n")

    assert "Mine" == type(loader.load(str(tmp_path)).create()).__name__


def test_handle_alone(tmp_path: Path) -> None:
    """A handle alone becomes the handle of an instance."""
    (tmp_path / "function.py").write_text(HANDLE)

    instance = loader.load(str(tmp_path)).create()

    assert "handle" == getattr(instance, "handle").__name__  # noqa: B009 -- it is an object


def test_modules_beside_the_function(tmp_path: Path) -> None:
    """The function can import modules next to it."""
    (tmp_path / "function.py").write_text("from beside_it import handle\n")
    (tmp_path / "beside_it.py").write_text(HANDLE)

    assert str(tmp_path / "function.py") == loader.load(str(tmp_path)).origin


def test_nothing_there(tmp_path: Path) -> None:
    """The error for a folder without a function has its path and its entries."""
    (tmp_path / "app").mkdir()

    with pytest.raises(FunctionMissing) as caught:
        loader.load(str(tmp_path))

    assert (str(tmp_path), ("app",)) == (caught.value.folder, caught.value.entries)


@pytest.mark.parametrize("package", [True, False])
def test_neither_new_nor_handle(tmp_path: Path, package: bool) -> None:
    """The error has the module's names. A folder without __init__.py has none."""
    (tmp_path / "function").mkdir()
    if package:
        (tmp_path / "function" / "__init__.py").write_text("import os\n_hidden = 1\nanswer = 42\n")

    with pytest.raises(EntryPointMissing) as caught:
        loader.load(str(tmp_path))

    assert (("answer", "os") if package else ()) == caught.value.names
    assert caught.value.origin.startswith(str(tmp_path / "function"))


@pytest.mark.parametrize("name", ["new", "handle"])
def test_not_callable(tmp_path: Path, name: str) -> None:
    """The error for an object that cannot be called has its type."""
    (tmp_path / "function.py").write_text(f"{name} = 1\n")

    with pytest.raises(HandleInvalid) as caught:
        loader.load(str(tmp_path))

    assert f"{name} is of type int" == caught.value.found


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import nowhere_to_be_found\n", ModuleNotFoundError),
        ("from function import nothing\n", ImportError),
        ("def new()\n", SyntaxError),
        ("raise SystemExit(0)\n", SystemExit),
    ],
)
def test_import_fails(tmp_path: Path, source: str, cause: type[BaseException]) -> None:
    """An exception of the function's import is kept, and is not a missing function."""
    (tmp_path / "function.py").write_text(source)

    with pytest.raises(FunctionFailed) as caught:
        loader.load(str(tmp_path))

    assert isinstance(caught.value.__cause__, cause)
