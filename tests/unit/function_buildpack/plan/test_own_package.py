"""Whether the function's project is a package, and why it needs its build backend."""

from pathlib import Path

import pytest

from function_buildpack.plan import own_package
from function_buildpack.source import project, workspace

NAMED = '[project]\nname = "mine"\nversion = "1"\n'


def system(backend: str, *requires: str) -> str:
    """Return the table that names a build backend."""
    return f'[build-system]\nrequires = {[*requires]}\nbuild-backend = "{backend}"\n'


HATCHLING = system("hatchling.build", "hatchling>=1.26")
SETUPTOOLS = system("setuptools.build_meta", "setuptools>=61", "wheel")
POETRY = system("poetry.core.masonry.api", "poetry-core>=2")
FLIT = system("flit_core.buildapi", "flit_core<4")
PDM = system("pdm.backend", "pdm-backend")
UV = system("uv_build", "uv_build>=0.9,<2")


def of(folder: Path, files: dict[str, str]) -> own_package.OwnPackage:
    """Write a function's files, and return its package."""
    if not any(name.startswith("src/function") for name in files):
        files = {"function/__init__.py": "", **files}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return own_package.of(project.read(workspace.locate(folder)))


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"requirements.txt": "idna"},
        {"pyproject.toml": "[tool.ruff]"},
        {"pyproject.toml": '[project]\nname = "mine"'},  # it has no version
        {"pyproject.toml": '[project]\nversion = "1"'},
        {"pyproject.toml": "[project]\nname = 1\nversion = '1'"},
        {"pyproject.toml": f"{NAMED}[tool.uv]\npackage = false"},
        {"pyproject.toml": "[tool.poetry]\npackage-mode = false"},
        {"setup.cfg": "[flake8]"},
    ],
)
def test_none(files: dict[str, str], tmp_path: Path) -> None:
    """A folder with dependencies and settings of tools is not a package."""
    found = of(tmp_path, files)

    assert (False, False, "") == (found.exists, found.is_static, found.built_for)


@pytest.mark.parametrize(
    "pyproject",
    [
        "",
        HATCHLING,
        SETUPTOOLS,
        POETRY,
        FLIT,
        PDM,
        UV,
        "[tool.setuptools]\npackages = ['function', 'function.deep']",
        "[tool.setuptools.packages.find]\nwhere = ['.']",
        "[tool.setuptools.package-data]\nfunction = ['*.txt']",
        f"{HATCHLING}[tool.hatch.build.targets.wheel]\npackages = ['function', './common']",
        f"{HATCHLING}[tool.hatch.build]\nexclude = ['tests']\n[tool.hatch.envs.default]",
        f"{POETRY}[tool.poetry]\npackages = [{{ include = 'function' }}]",
        f"{PDM}[tool.pdm.build]\nincludes = ['function']\npackage-dir = '.'",
        f"{FLIT}[tool.flit.module]\nname = 'function'",
        f"{UV}[tool.uv.build-backend]\nmodule-name = 'function'",
    ],
)
def test_static(pyproject: str, tmp_path: Path) -> None:
    """A backend that only copies files of the source is not needed for the metadata."""
    found = of(tmp_path, {"pyproject.toml": NAMED + pyproject})

    assert (True, True, "") == (found.exists, found.is_static, found.built_for)


@pytest.mark.parametrize(
    "pyproject",
    [
        f"{HATCHLING}[tool.hatch.build.targets.wheel]\npackages = ['src/function']",
        "[tool.setuptools]\npackage-dir = { '' = 'src' }",
        f"{POETRY}[tool.poetry]\npackages = [{{ include = 'function', from = 'src' }}]",
    ],
)
def test_static_in_src(pyproject: str, tmp_path: Path) -> None:
    """Packages may be in src/ if the function is."""
    files = {"src/function/__init__.py": "", "pyproject.toml": NAMED + pyproject}

    assert of(tmp_path / "src", files).is_static
    flat = of(tmp_path / "flat", {"pyproject.toml": NAMED + pyproject})
    assert flat.built_for.endswith(" has packages in src")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"setup.py": ""}, "its metadata is in setup.py"),
        ({"setup.cfg": "[options]"}, "its metadata is in setup.cfg"),
        ({"pyproject.toml": HATCHLING}, "its metadata is in its build backend"),
        ({"pyproject.toml": "[tool.poetry]\nname = 'x'"}, "its metadata is in [tool.poetry]"),
        ({"pyproject.toml": NAMED, "setup.py": ""}, "there is a setup.py"),
        ({"pyproject.toml": NAMED + HATCHLING, "hatch.toml": ""}, "there is a hatch.toml"),
        ({"pyproject.toml": NAMED + PDM, "pdm_build.py": ""}, "there is a pdm_build.py"),
        (
            {"pyproject.toml": "[project]\nname = 'x'\ndynamic = ['version', 'readme']"},
            "project.dynamic has version, readme",
        ),
        ({"pyproject.toml": NAMED + system("maturin", "maturin")}, "its build backend is maturin"),
        (
            {"pyproject.toml": f"{NAMED}{HATCHLING}backend-path = ['.']"},
            "its build backend is hatchling.build",
        ),
        (
            {"pyproject.toml": NAMED + system("setuptools.build_meta", "setuptools", "Cython")},
            "build-system.requires has cython",
        ),
        (
            {"pyproject.toml": f"{NAMED}{HATCHLING}[tool.hatch.build.hooks.custom]"},
            "[tool.hatch.build] has hooks",
        ),
        (
            {"pyproject.toml": f"{NAMED}{HATCHLING}[tool.hatch.build.targets.wheel.hooks.vcs]"},
            "[tool.hatch.build] has hooks",
        ),
        (
            {"pyproject.toml": f"{NAMED}[tool.setuptools]\next-modules = []\ndata-files = {{}}"},
            "[tool.setuptools] has data-files, ext-modules",
        ),
        (
            {"pyproject.toml": f"{NAMED}{POETRY}[tool.poetry]\nbuild = 'build.py'"},
            "[tool.poetry] has build",
        ),
        (
            {"pyproject.toml": f"{NAMED}{PDM}[tool.pdm.build]\npackage-dir = 'lib'"},
            "[tool.pdm.build] has packages in lib",
        ),
        (
            {"pyproject.toml": f"{NAMED}[tool.setuptools.packages.find]\nwhere = ['libs', '.']"},
            "[tool.setuptools] has packages in libs",
        ),
        (
            {
                "pyproject.toml": f"{NAMED}{HATCHLING}[tool.hatch.build.targets.wheel]\n"
                "packages = ['function', 'libs/common']"
            },
            "[tool.hatch.build] has packages in libs",
        ),
    ],
)
def test_built(files: dict[str, str], reason: str, tmp_path: Path) -> None:
    """Computed, generated, compiled and external files need the build backend."""
    found = of(tmp_path, files)

    assert (True, False, reason) == (found.exists, found.is_static, found.built_for)
