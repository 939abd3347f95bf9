"""The function is found in each shape that reaches a build."""

from pathlib import Path

import pytest

from function_buildpack.log.errors.source import FunctionFolderMissing
from function_buildpack.source import workspace

SERVICE = "service/main.py=from func_python.http import serve"


def write(root: Path, *files: str) -> Path:
    """Create files, empty or `name=content`."""
    for file in files:
        name, _, content = file.partition("=")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize(
    ("files", "package"),
    [
        (["function/__init__.py"], "function"),
        (["function.py"], "function.py"),
        (["src/function/__init__.py"], "src/function"),
        (["src/function.py"], "src/function.py"),
        (["function/README.md"], None),  # a folder without Python is no package
        (["main.py"], None),
    ],
)
def test_package(tmp_path: Path, files: list[str], package: str | None) -> None:
    """The function is a package or a module, in its folder or in src/."""
    found = workspace.locate(write(tmp_path, *files))

    assert (tmp_path / package if package else None) == found.package


def test_shadowed(tmp_path: Path) -> None:
    """Packages that Python does not find are reported, in its order."""
    found = workspace.locate(
        write(tmp_path, "src/function.py", "function.py", "function/__init__.py")
    )

    assert tmp_path / "function" == found.package
    assert (tmp_path / "function.py", tmp_path / "src/function.py") == found.shadowed


def test_raw(tmp_path: Path) -> None:
    """As `pack build` sends it, the application folder is the function's."""
    found = workspace.locate(write(tmp_path, "function/__init__.py", "func.yaml"))

    assert (tmp_path, tmp_path / "func.yaml", ()) == (
        found.folder,
        found.func_yaml,
        found.scaffolding,
    )


@pytest.mark.parametrize("func_yaml", ["fn/func.yaml", "func.yaml"])
def test_nested(tmp_path: Path, func_yaml: str) -> None:
    """In func's layout, the function is in fn/ and func's service next to it."""
    write(tmp_path, "fn/function/__init__.py", SERVICE, "pyproject.toml", func_yaml)

    found = workspace.locate(tmp_path)

    assert tmp_path / "fn" == found.folder
    assert tmp_path / func_yaml == found.func_yaml
    assert (tmp_path / "service", tmp_path / "pyproject.toml") == found.scaffolding


@pytest.mark.parametrize(
    "files",
    [
        ("function/__init__.py", SERVICE),
        ("apps/function/__init__.py", "service/main.py=import fastapi"),
        ("apps/function/__init__.py", "service/other.py"),
    ],
    ids=["function", "service of its own", "no service"],
)
def test_nested_lookalike(tmp_path: Path, files: tuple[str, ...]) -> None:
    """An author's own folders fn/ and service/ are not func's layout."""
    write(tmp_path, "fn/x.py", *files)

    assert tmp_path == workspace.locate(tmp_path).folder


def test_nested_function_path(tmp_path: Path) -> None:
    """BP_FUNCTION_PATH is relative to the user's source, even if func has moved it."""
    write(tmp_path, SERVICE, "fn/apps/one/function/__init__.py")

    assert tmp_path / "fn/apps/one" == workspace.locate(tmp_path, "apps/one").folder


def test_function_path(tmp_path: Path) -> None:
    """BP_FUNCTION_PATH names the folder of a function in a larger source."""
    write(tmp_path, "apps/one/function/__init__.py", "function/__init__.py")

    assert tmp_path / "apps/one" == workspace.locate(tmp_path, "apps/one").folder


@pytest.mark.parametrize("path", ["missing", "..", "/etc", "file"])
def test_function_path_invalid(tmp_path: Path, path: str) -> None:
    """BP_FUNCTION_PATH must name a folder inside of the source."""
    write(tmp_path, "file")

    with pytest.raises(FunctionFolderMissing) as caught:
        workspace.locate(tmp_path, path)

    assert path == caught.value.found


@pytest.mark.parametrize(
    ("main", "invoke"),
    [
        ("from func_python.cloudevent import serve", "cloudevent"),
        ("from func_python.http import serve", "http"),
    ],
)
def test_scaffolded_invoke(tmp_path: Path, main: str, invoke: str) -> None:
    """func's scaffolding has the invocation, if func.yaml does not exist."""
    write(tmp_path, "fn/function/__init__.py", f"service/main.py={main}")

    assert invoke == workspace.locate(tmp_path).scaffolded_invoke


def test_scaffolded_invoke_raw(tmp_path: Path) -> None:
    """Without scaffolding, the invocation is unknown."""
    assert "" == workspace.locate(tmp_path).scaffolded_invoke
