"""bin/detect and bin/build with all of func's layouts."""

from pathlib import Path

import pytest

from contract import func_workspaces
from contract.func_workspaces import SHAPES
from contract.phases import Workspace, files_below

HANDLE = """
import idna
async def handle(scope, receive, send): ...
"""
FUNCTION = {
    "func.yaml": "name: mine\nruntime: python\ninvoke: cloudevent\n",
    "pyproject.toml": '[project]\nname = "function"\nversion = "1.0"\n'
    'readme = "README.md"\ndependencies = ["idna==3.10"]\n'
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    "function/__init__.py": "from .func import handle\n",
    "function/func.py": HANDLE,
    "data/notes.md": "The function's own\n",
}
_DISTRIBUTIONS = """
from importlib.metadata import distributions
print(" ".join(sorted(each.name for each in distributions())))
"""


@pytest.mark.row("T1", "T2", "T3", "T12")
@pytest.mark.parametrize("shape", SHAPES)
def test_shape(tmp_path: Path, shape: str) -> None:
    """detect and build find the function. func's files are neither installed nor kept.

    A link to the folder above is followed nowhere, and the function's own pyproject.toml may name
    a README.md that is not there: the function's project is known, with what it depends on.
    """
    at_detect, at_build = SHAPES[shape]
    seen = Workspace.create(tmp_path / "detect", {**FUNCTION, ".git/HEAD": "x"})
    at_detect(seen.app)
    built = Workspace.create(tmp_path / "build", {**FUNCTION, ".git/HEAD": "x"})
    at_build(built.app)

    detect = seen.run("detect")
    build = built.run("build")

    assert (0, "") == (detect.status, detect.log)
    assert 0 == build.status, build.log
    assert "Invocation: cloudevent (from func.yaml)" in build.log
    layer = set(built.python(_DISTRIBUTIONS).split())
    assert {"function", "idna"} <= layer
    assert not {"func-python", "hypercorn", "service"} & layer
    folder = Path(built.toml("launch.toml")["processes"][0]["working-dir"])
    kept = {path for path in files_below(built.app) if not path.endswith(".pyc")}
    own = {str((folder / name).relative_to(built.app)) for name in FUNCTION}
    if shape in {"builder", "cluster"}:  # these leave it where it was
        own = own - {"fn/func.yaml"} | {"func.yaml"}
    assert own == kept
    left_out = next(line for line in build.log.splitlines() if line.startswith("Not in the image"))
    assert "pyproject.toml" not in left_out


@pytest.mark.row("T15")
def test_older_middleware(tmp_path: Path) -> None:
    """A function for func's first Python middleware is an error with a hint."""
    files = {
        "func.yaml": "name: mine\nruntime: python\n",
        "func.py": "from parliament import Context\ndef main(context: Context): return '', 200\n",
        "Procfile": "web: python -m parliament .\n",
        "requirements.txt": "parliament-functions==0.1.0\n",
        "constraints.txt": "cloudevents<2\n",
    }
    workspace = Workspace.create(tmp_path, files)

    detect, build = (
        workspace.run("detect"),
        workspace.run("build", PIP_CONSTRAINT="constraints.txt"),
    )

    assert (0, 1) == (detect.status, build.status)
    assert "ERROR: There is no package named function" in build.log
    assert "parliament" in build.log


@pytest.mark.row("T4", "T9")
@pytest.mark.parametrize("labels", ['team="a b"', "team=a"])
def test_labels_of_a_cluster(tmp_path: Path, labels: str) -> None:
    """func appends its labels to those of the user, without a space before the first one."""
    workspace = Workspace.create(tmp_path, {"function.py": HANDLE.replace("import idna", "")})
    version = func_workspaces.MIDDLEWARE
    appended = f"middleware-version={version} org.opencontainers.image.revision=0123abc"

    phase = workspace.run("build", BP_IMAGE_LABELS=f"{labels}{appended}")

    assert 0 == phase.status, phase.log
    found = {label["key"]: label["value"] for label in workspace.toml("launch.toml")["labels"]}
    assert version == found["middleware-version"]
    assert "0123abc" == found["org.opencontainers.image.revision"]
    assert labels.partition("=")[2].strip('"') == found["team"]
