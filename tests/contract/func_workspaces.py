"""Workspaces in the layouts that func sends, created from a raw one.

Written after func's own code (https://github.com/knative/func): 0.48.4, whose client moves the
function while it uploads it (pkg/buildpacks/scaffolding_injector.go), and c18d604, which writes
`.func/build` and has a script move things later, in a buildpack before ours or, on a cluster, in a
step before the build (pkg/buildpacks/scaffolder.go, pkg/pipelines/tekton).
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

MIDDLEWARE = "0.8.1"

_SERVICE = """\
from func_python.http import serve
try:
    from function import new as handler
except ImportError:
    from function import handle as handler
if __name__ == "__main__":
    serve(handler)
"""
_PYPROJECT = """\
[project]
name = "service"
version = "0.1.0"
dependencies = ["func-python=={version}", "function @ {function}"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[tool.hatch.metadata]
allow-direct-references = true
[tool.poetry.dependencies]
python = ">=3.10,<4.0"
function = {{ path = "{function}", develop = true }}
"""
# Run by bash in the function's folder.
MOVE = """\
set -eo pipefail
mkdir -p fn
shopt -s dotglob
for entry in *; do
    case $entry in
    fn | .func | .git | .gitignore | func.yaml) ;;
    *) mv "$entry" fn/ ;;
    esac
done
shopt -u dotglob
mv .func/build/* .
rm -rf .func
ln -sfn fn f
"""


def raw(app: Path) -> None:
    """Keep the folder as it is on the user's disk."""


def injected(app: Path) -> None:
    """Move the function like func 0.48's client."""
    moved = app.with_name("moved")
    app.rename(moved)
    app.mkdir()
    moved.rename(app / "fn")
    _write(
        app,
        {
            "service/__init__.py": "",
            "service/main.py": _SERVICE,
            "pyproject.toml": _PYPROJECT.format(version=MIDDLEWARE, function="./fn"),
        },
    )


def scaffolded(app: Path) -> None:
    """Write func's files into the function's folder, with its link to that folder."""
    build = app / ".func" / "build"
    _write(
        build,
        {
            "service/__init__.py": "",
            "service/main.py": _SERVICE,
            "pyproject.toml": _PYPROJECT.format(version=MIDDLEWARE, function="./f"),
            "README.md": "This connects a function to func's middleware.\n",
            "Procfile": "web: python -m service.main\n",
            "ca-certificates.crt": "",
        },
    )
    (build / "f").symlink_to("../..")
    # Of `func run --builder=host`.
    _write(app / ".func" / "runs" / "8080" / ".venv", {"pyvenv.cfg": "", "lib/large.py": "x ="})


def moved(app: Path) -> None:
    """Move the function like the script that runs before our build."""
    scaffolded(app)
    subprocess.run(["bash", "-c", MOVE], cwd=app, check=True)


def moved_on_a_cluster(app: Path) -> None:
    """Move the function like a build on a cluster, which writes the middleware's version, too."""
    (app / "middleware-version").write_text(MIDDLEWARE)
    moved(app)


Shape = Callable[[Path], None]
# At detect and at build: on a machine, the script runs between both.
SHAPES: dict[str, tuple[Shape, Shape]] = {
    "raw": (raw, raw),
    "func 0.48": (injected, injected),
    "build.buildpacks": (scaffolded, scaffolded),
    "builder": (scaffolded, moved),
    "cluster": (moved_on_a_cluster, moved_on_a_cluster),
}


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
