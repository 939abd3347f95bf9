"""A new format of manifest needs one module and one line that registers it."""

import shutil
from pathlib import Path

from contract.phases import ROOT, Workspace
from unit.function_buildpack.manifests import made_up

LINE = '    Format("packages.list", f"{_HERE}.made_up"),\n'
FIRST = "FORMATS = (\n"


def test_new_format(tmp_path: Path) -> None:
    """A build installs from it, reuses the layer, and installs again after a change."""
    root = tmp_path / "buildpack"
    shutil.copytree(ROOT / "buildpack", root, ignore=shutil.ignore_patterns("__pycache__"))
    manifests = root / "function_buildpack" / "manifests"
    shutil.copy(made_up.__file__, manifests)
    registry = manifests / "registry.py"
    registry.write_text(registry.read_text().replace(FIRST, FIRST + LINE))
    files = {
        "function.py": "import idna\n\nasync def handle(scope, receive, send): ...\n",
        "packages.list": "idna 3.10\n",
    }
    workspace = Workspace.create(tmp_path / "function", files)

    first = workspace.run("build", root)
    second = workspace.run("build", root)
    workspace.write({"packages.list": "idna 3.9\n"})
    third = workspace.run("build", root)

    assert [0, 0, 0] == [each.status for each in (first, second, third)], third.log
    assert "packages.list\n" in first.log
    assert "idna==3.10" in first.log
    assert "Reusing the dependencies layer" in second.log
    assert "idna 3.9 (was 3.10)" in third.log
