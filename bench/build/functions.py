"""The functions that are built: func's own http template, and one with many dependencies."""

from collections.abc import Mapping
from pathlib import Path

from bench.build import packages, process

_HANDLE = """\
async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"OK"})
"""

# What func 0.48's host builder generates next to a function, for func-python 0.8.1.
_SERVICE = """\
from func_python.http import serve
from function import new

serve(new)
"""
_SERVICE_PYPROJECT = """\
[project]
name = "service"
version = "0.1.0"
dependencies = ["func-python==0.8.1", "function @ {root:uri}/f"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.metadata]
allow-direct-references = true

[tool.hatch.build.targets.wheel]
packages = ["service"]
"""


def template(folder: Path, func: Path, environ: Mapping[str, str]) -> Path:
    """Create func's template of an HTTP function."""
    options = ["--language", "python", "--template", "http", str(folder)]
    process.run([func, "create", *options], environ=environ)
    return folder


def scaffold(function: Path, folder: Path) -> Path:
    """Create the layout of func's host builder: a service that depends on the function."""
    (folder / "service").mkdir(parents=True)
    (folder / "service" / "__init__.py").touch()
    (folder / "service" / "main.py").write_text(_SERVICE)
    (folder / "pyproject.toml").write_text(_SERVICE_PYPROJECT)
    function.rename(folder / "f")
    return folder


def with_dependencies(folder: Path, count: int, uv: Path, environ: Mapping[str, str]) -> Path:
    """Write a function that depends on a number of packages in our index, and lock them."""
    (folder / "function").mkdir(parents=True, exist_ok=True)
    (folder / "function" / "__init__.py").write_text(_HANDLE)
    names = "".join(f'  "{packages.name(number)}",\n' for number in range(count))
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "many"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
        f"dependencies = [\n{names}]\n"
    )
    process.run([uv, "lock", "--quiet", "--no-cache"], environ=environ, cwd=folder)
    return folder


def change_source(folder: Path, number: int) -> None:
    """Change a source file of the function. func's host builder leaves copies in `.func`."""
    found = folder.glob("**/function/__init__.py")
    (source,) = (path for path in found if ".func" not in path.relative_to(folder).parts)
    unchanged = source.read_text().partition("# Change")[0]
    source.write_text(f"{unchanged}# Change {number}\n")
