"""Inputs of a build backend: variables, git's state, declared cache keys."""

import os
import subprocess
from pathlib import Path

import pytest

from function_buildpack.layers.dependencies import build_inputs
from function_buildpack.layers.dependencies.build_inputs import CacheKeys
from function_buildpack.system import process

STATIC = "[project]\nname = 'x'\nversion = '1'\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a folder and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def backend(requires: str, more: str = "") -> dict[str, str]:
    """Return a pyproject.toml with requirements of its build."""
    table = f"{STATIC}[build-system]\nrequires = {requires}\nbuild-backend = 'b'\n"
    return {"pyproject.toml": table + more}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "CMAKE_ARGS",
            "CFLAGS",
            "PBR_VERSION",
            "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_X",
            "SKBUILD_X",
        ),
        *("HATCH_BUILD_HOOKS_ENABLE", "MATURIN_PEP517_ARGS", "POETRY_DYNAMIC_VERSIONING_BYPASS"),
        *(
            "GIT_TAG",
            "VERSION",
            "PATH",
            "WITH_SSL",
            "KEYWORDS",
            "BYPASS",
            "AUTHOR",
            "SOURCE_DATE_EPOCH",
        ),
    ],
)
def test_variables(name: str) -> None:
    """A variable has a digest of its value, which changes with the value."""
    (before,) = build_inputs.variables({name: "1"}).values()
    (now,) = build_inputs.variables({name: "2"}).values()

    assert (16, 16, True) == (len(before), len(now), before != now)


@pytest.mark.parametrize(
    "name",
    [
        *("BP_FUNCTION_CHECK", "BPE_CFLAGS", "CNB_LAYERS_DIR", "HOSTNAME", "PIP_INDEX_URL", "HOME"),
        *("UV_DEFAULT_INDEX", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "GIT_CONFIG_COUNT", "_"),
        *("GITHUB_TOKEN", "POETRY_HTTP_BASIC_CORP_PASSWORD", "POETRY_HTTP_BASIC_CORP_USERNAME"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "API_KEY", "NPM_AUTH", "db_password"),
    ],
)
def test_variables_without_effect(name: str) -> None:
    """Variables without an effect, and those with a secret's name, are excluded."""
    assert {} == build_inputs.variables({name: "1"})


def test_variables_that_a_package_asks_for() -> None:
    """A variable in cache-keys counts with any name, if it is set."""
    environ = {"LICENSE_TOKEN": "1", "EMPTY": ""}

    assert ["LICENSE_TOKEN"] == [*build_inputs.variables(environ, ["LICENSE_TOKEN", "EMPTY", "NO"])]


def test_variables_without_credentials() -> None:
    """Credentials in a URL do not count, the address does."""
    first, rotated, moved = (
        build_inputs.variables({"MODELS": f"https://{where}/models"})
        for where in ("me:one@example.org", "me:two@example.org", "me:one@example.com")
    )

    assert (True, False) == (first == rotated, first == moved)


@pytest.mark.parametrize(
    ("files", "reads"),
    [
        (backend("['setuptools>=61', 'wheel']"), False),
        (backend("['hatchling']"), False),
        (backend("['hatchling']", "[tool.hatch.build.targets.wheel]\npackages = ['x']"), False),
        (backend("['uv_build>=0.8,<1']"), False),
        ({"pyproject.toml": STATIC}, False),
        ({"setup.cfg": "[metadata]\nname = x\n"}, False),
        (backend("['setuptools']") | {"setup.py": ""}, True),
        (backend("['setuptools', 'setuptools-scm']"), True),
        (backend("['hatchling', 'hatch-vcs']"), True),
        (backend("['poetry-core', 'poetry-dynamic-versioning']"), True),
        (backend("['maturin']"), True),
        (backend("['not a requirement']"), True),
        (backend("['hatchling']", "[tool.hatch.build.hooks.custom]"), True),
        (backend("['hatchling']") | {"hatch.toml": ""}, True),
        (backend("['pdm-backend']", "[tool.pdm]\nversion = { source = 'scm' }"), True),
        (backend("['poetry-core']", "[tool.poetry]\nbuild = [{ script = 'b.py' }]"), True),
        (
            backend("['setuptools']", "[build-system.x]\n[tool.uv]\ncache-keys = [{git = true}]"),
            True,
        ),
        ({"pyproject.toml": "[build-system]\nrequires = []\nbackend-path = ['.']\n"}, True),
    ],
)
def test_reads_git(tmp_path: Path, files: dict[str, str], reads: bool) -> None:
    """Only known backends without code of the package do not read git."""
    assert reads == build_inputs.reads_git(write(tmp_path, files))


def test_cache_keys(tmp_path: Path) -> None:
    """Cache keys are files, folders, variables and git."""
    declared = ("'**/*.txt'", "{file = '../VERSION'}", "{dir = 'data'}", "{env = 'MODE'}", "{}")
    keys = f"[{', '.join(declared)}, {{git = {{tags = true}}}}]"
    folder = write(
        tmp_path / "x",
        {"pyproject.toml": f"[tool.uv]\ncache-keys = {keys}\n", "data/deep/a.txt": ""},
    )
    write(tmp_path, {"VERSION": "1"})

    files = (folder / "data/deep/a.txt", tmp_path / "VERSION", folder / "data")
    assert CacheKeys(files, ("MODE",), git=True) == build_inputs.cache_keys(folder)
    assert CacheKeys() == build_inputs.cache_keys(tmp_path)


def test_git_state(tmp_path: Path) -> None:
    """The checkouts of packages count if their builds may read them."""
    scm, plain = backend("['setuptools-scm']"), backend("['hatchling']")
    for name, files in (("a", scm), ("b", scm), ("c", plain)):
        folder = write(tmp_path / name, files)
        subprocess.run(["git", "init", "--quiet", "--initial-branch", name, folder], check=True)
    write(tmp_path / "d", scm)
    below = write(tmp_path / "a" / "below", scm)
    a, b, c, d = (tmp_path / name for name in "abcd")

    def branch(*folders: Path) -> str:
        state = build_inputs.git_state(folders, process.run, os.environ)
        return state.get("git branch", "")

    assert ("a", "a", "a", "") == (branch(a), branch(a, below), branch(a, c), branch(c, d))
    assert (16, True) == (len(branch(a, b)), branch(a, b) == branch(b, a))
