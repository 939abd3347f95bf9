"""Which files decide what is installed."""

from pathlib import Path

import pytest

from function_buildpack import decisive, plan, project, workspace
from function_buildpack.plan import Plan
from function_buildpack.settings import Settings

PYPROJECT = "[project]\nname = 'x'\ndependencies = ['a']\n"
UV_LOCK = """
[[package]]
name = "x"
source = { editable = "." }
dependencies = [{ name = "a" }, { name = "i" }]
[package.optional-dependencies]
more = [{ name = "b" }]
[package.dev-dependencies]
dev = [{ name = "c" }]
[[package]]
name = "a"
source = { directory = "libs/a" }
[[package]]
name = "b"
source = { editable = "../b" }
[[package]]
name = "c"
source = { path = "c.whl" }
[[package]]
name = "unused"
source = { editable = "unused" }
[[package]]
name = "i"
source = { registry = "https://example.org/simple" }
"""


def made(folder: Path, files: dict[str, str]) -> Plan:
    """Write files and plan the function in `fn`."""
    for name, content in {"fn/function/__init__.py": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return plan.make(project.read(workspace.locate(folder / "fn")), Settings(), "3.13.5")


def found(folder: Path, files: dict[str, str]) -> set[str]:
    """Return the files that decide, relative to the folder."""
    planned = made(folder, files)
    return {str(path.relative_to(folder)) for path in decisive.files(planned)}


def test_nothing(tmp_path: Path) -> None:
    """Where nothing is stated nothing decides."""
    planned = made(tmp_path, {})

    assert "" == decisive.digest_of(planned)
    assert {tmp_path / "fn"} == decisive.folders(planned)


def test_uv_lock(tmp_path: Path) -> None:
    """A lock, and the local packages in it that something depends on; not the project itself."""
    files = {
        "fn/pyproject.toml": PYPROJECT,
        "fn/uv.lock": UV_LOCK,
        "fn/libs/a/deep/a.txt": "",
        "fn/c.whl": "",
        "fn/unused/x": "",
        "b/x": "",
    }

    assert {"fn/uv.lock", "fn/libs/a/deep/a.txt", "fn/c.whl", "b/x"} == found(tmp_path, files)
    folders = decisive.folders(made(tmp_path, files))
    assert {tmp_path / name for name in ("fn", "fn/libs/a", "b")} == folders


def test_pylock(tmp_path: Path) -> None:
    """A lock of another tool, and the paths in it."""
    lock = """
packages = [
    { name = "a", directory = { path = "libs/a", editable = true } },
    { name = "b", wheels = [{ path = "b.whl" }, { url = "https://example.org/b.whl" }] },
]
"""
    files = {"fn/pylock.toml": lock, "fn/libs/a/x": "", "fn/b.whl": "", "fn/other": ""}

    assert {"fn/pylock.toml", "fn/libs/a/x", "fn/b.whl"} == found(tmp_path, files)


@pytest.mark.parametrize(
    ("line", "decides"),
    [
        ("-r more.txt", {"more.txt", "deep/most.txt"}),
        ("--requirement=more.txt", {"more.txt", "deep/most.txt"}),
        ("-c more.txt", {"more.txt", "deep/most.txt"}),
        ("-e ./lib[extra]", {"lib/x"}),
        ("--find-links wheels", {"wheels/a.whl"}),
        ("a @ file:./lib", {"lib/x"}),
        ("a @ file://{folder}/fn/lib", {"lib/x"}),
        ("a # see / and ./lib", set()),
        ("# -r more.txt", set()),
        ("a --hash=sha256:1 --option / ..", set()),
    ],
)
def test_requirements(tmp_path: Path, line: str, decides: set[str]) -> None:
    """A requirements file, what it includes and what its words name, but no comment's words."""
    files = {
        "fn/requirements.txt": line.format(folder=tmp_path),
        "fn/more.txt": "-r deep/most.txt",
        "fn/deep/most.txt": "-r ../more.txt\n-r missing.txt",
        "fn/lib/x": "",
        "fn/wheels/a.whl": "",
    }

    assert {"fn/requirements.txt", *(f"fn/{name}" for name in decides)} == found(tmp_path, files)


def test_requirements_of_the_folder_around(tmp_path: Path) -> None:
    """The folder around the function counts if it is a project."""
    files = {"fn/requirements.txt": "-e ..", "setup.py": ""}

    assert {"fn/requirements.txt", "setup.py", "fn/function/__init__.py"} == found(tmp_path, files)


def test_pyproject(tmp_path: Path) -> None:
    """Static dependencies are in the plan's own key; paths of sources count, however deep."""
    assert set() == found(tmp_path, {"fn/pyproject.toml": PYPROJECT})

    sources = "[tool.uv.sources]\na = {{ path = '{}' }}\n"
    files = {
        "fn/pyproject.toml": PYPROJECT + sources.format("../a"),
        "a/pyproject.toml": sources.format("../b"),
        "b/pyproject.toml": sources.format("../a") + "c = [{ path = 'c' }]\n",
        "b/c/x": "",
    }
    assert {"a/pyproject.toml", "b/pyproject.toml", "b/c/x"} == found(tmp_path, files)


def test_pyproject_of_a_workspace(tmp_path: Path) -> None:
    """A source that is a member of the workspace makes all of its members count."""
    root = "[tool.uv.workspace]\nmembers = ['fn', 'libs/*']\nexclude = ['libs/c']\n"
    files = {
        "fn/pyproject.toml": f"{PYPROJECT}[tool.uv.sources]\na = {{ workspace = true }}\n",
        "pyproject.toml": root,
        "libs/a/x": "",
        "libs/b/x": "",
        "libs/c/x": "",
    }

    assert {"pyproject.toml", "libs/a/x", "libs/b/x"} == found(tmp_path, files)


@pytest.mark.parametrize(
    "files",
    [
        {"fn/pyproject.toml": "[project]\nname = 'x'\ndynamic = ['dependencies']\n"},
        {"fn/pyproject.toml": "[build-system]\n"},
        {"fn/setup.py": ""},
        {"fn/setup.cfg": "[options]\n"},
    ],
)
def test_dynamic(tmp_path: Path, files: dict[str, str]) -> None:
    """A build backend may read anything, so all but the function's own sources counts."""
    files = files | {"fn/deps/base.txt": "", "fn/other.py": "", "fn/function/data.txt": ""}

    assert set(files) == found(tmp_path, files)


def test_settings(tmp_path: Path) -> None:
    """A setting counts with the files that it names, wherever the folder is."""
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        (folder / "c.txt").write_text("-c d.txt\n")
        (folder / "d.txt").write_text("idna<3\n")
    stated = {"UV_CONSTRAINT": "c.txt https://example.org/e.txt", "UV_RESOLUTION": "lowest"}

    told = decisive.settings(stated, tmp_path / "a")
    (tmp_path / "b" / "d.txt").write_text("idna<4\n")
    changed = decisive.settings(stated, tmp_path / "b")
    (tmp_path / "b" / "d.txt").write_text("idna<3\n")

    assert told.startswith("UV_CONSTRAINT=c.txt https://example.org/e.txt (")
    assert told.endswith("), UV_RESOLUTION=lowest")
    assert told != changed
    assert told == decisive.settings(stated, tmp_path / "b")
