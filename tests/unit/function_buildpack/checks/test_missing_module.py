"""The places of a module that cannot be imported."""

from pathlib import Path

import pytest

from function_buildpack.checks import missing_module
from function_buildpack.checks.missing_module import ModuleHints
from function_buildpack.manifests import registry
from function_buildpack.plan import plan
from function_buildpack.source import project, workspace
from function_buildpack.source.settings import Settings


def search(folder: Path, name: str, files: dict[str, str]) -> ModuleHints:
    """Look for a module in a source whose function is in services/pay."""
    declared = {"services/pay/function.py": "def handle(scope, receive, send): ...\n", **files}
    for file, text in declared.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = workspace.locate(folder, "services/pay")
    return missing_module.search(
        name, plan.make(registry.read(project.read(found)), Settings(), "3.13.5"), folder
    )


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"common/__init__.py": ""}, ("common",)),
        ({"common/part.py": ""}, ("common",)),
        ({"libs/common.py": "", "tests/common.py": ""}, ("libs/common.py", "tests/common.py")),
        ({"services/pay/Common.py": ""}, ("services/pay/Common.py",)),
        ({"common/data.json": "", "common.txt": ""}, ()),
        (
            {".venv/common.py": "", "x/site-packages/common.py": "", "node_modules/common.py": ""},
            (),
        ),
    ],
    ids=["package", "namespace", "modules", "case", "no module", "not the author's"],
)
def test_places(tmp_path: Path, files: dict[str, str], places: tuple[str, ...]) -> None:
    """A package or module of the source is found at any level, whatever the case of its name."""
    assert places == search(tmp_path, "common", files).places


def test_settings(tmp_path: Path) -> None:
    """A package of that name in a group that is not installed is found."""
    pyproject = '[project]\nname = "x"\nversion = "1"\ndependencies = []\n'
    groups = '[dependency-groups]\nprod = ["idna"]\n'
    files = {"services/pay/pyproject.toml": f"{pyproject}{groups}"}

    assert ModuleHints(settings=("BP_FUNCTION_GROUPS=prod",)) == search(tmp_path, "idna", files)


def test_excluding(tmp_path: Path) -> None:
    """Files that exclude this name are found. Comments and exceptions do not count."""
    files = {
        "project.toml": '[_]\n[io.buildpacks]\nexclude = ["/common/**"]\n',
        ".funcignore": "# common\n!common\n",
        "services/pay/.funcignore": "libs/common\n",
    }

    assert ModuleHints(excluding=("project.toml", ".funcignore")) == search(
        tmp_path, "common", files
    )


def test_asking(tmp_path: Path) -> None:
    """The hints have the declaration of the first place, and the file for it."""
    found = search(tmp_path, "common", {"libs/common/__init__.py": ""})

    assert ("requirements.txt", "../../libs/common") == (found.declare_in, found.declaration)
