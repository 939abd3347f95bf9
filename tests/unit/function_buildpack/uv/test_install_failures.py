"""uv's failures to install, recognized in its output."""

from dataclasses import replace
from pathlib import Path

import pytest

from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.dependencies import (
    HashMismatch,
    InstallFailed,
    LockOutdated,
    RequirementsUnsolvable,
    SelectionConflict,
    SelectionUnknown,
)
from function_buildpack.log.errors.indexes import IndexRefused, IndexUnreachable
from function_buildpack.log.errors.tools import ToolMissing, UvUnfit
from function_buildpack.source.settings import Selection
from function_buildpack.system.process import Result
from function_buildpack.uv import install_failures
from function_buildpack.uv.index_settings import PackageSource
from function_buildpack.uv.install_failures import Attempt
from function_buildpack.uv.origin import RequirementsOrigin

INDEXES = {
    "corp": "https://corp.example/pypi/simple/",
    "other-one": "https://corp.example/other/simple/",
    "vars": "https://${A}:${B}@vars.example/simple",
    "folder": "./wheels",
}


def attempt(folder: Path, declared: str = "uv.lock") -> Attempt:
    """Return an installation from a file of a folder."""
    selection = Selection(frozenset({"cpu", "gpu"}))
    prefix = "POETRY_HTTP_BASIC" if declared == "poetry.lock" else "UV_INDEX"
    origin = RequirementsOrigin(folder / declared, selection, "uv sync", index_variables=prefix)
    return Attempt(folder, origin, PackageSource(), INDEXES)


def failure(said: str, tried: Attempt, status: int = 2) -> BuildpackError:
    """Return the error of a failed installation."""
    with pytest.raises(BuildpackError) as caught:
        install_failures.raise_error(Result(status, said), tried)
    return caught.value


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("Using\n  × No solution found when resolving\n  ╰─▶ because", RequirementsUnsolvable),  # noqa: RUF001
        (
            "The lockfile at `uv.lock` needs to be updated, but `--locked` was provided",
            LockOutdated,
        ),
        ("error: Failed to download `x`\n  cause: Hash mismatch for `x`", HashMismatch),
        ("error: Failed to fetch: `x`\n  Caused by: dns error", IndexUnreachable),
        ("error: Requested extra not found: mat", SelectionUnknown),
        (
            "error: Extras `a` and `b` are incompatible with the declared conflicts: {`x[a]`}",
            SelectionConflict,
        ),
        (
            "error: Groups `a` and `b` are incompatible with the conflicts: {`x:a`}",
            SelectionConflict,
        ),
        ("error: x\n  cause: Git executable not found. Ensure that Git is installed", ToolMissing),
        (
            "error: Required uv version `==1` does not match the running version `2`. Update",
            UvUnfit,
        ),
        ("error: something else", InstallFailed),
        ("", InstallFailed),
    ],
)
def test_tell(tmp_path: Path, output: str, error: type[BuildpackError]) -> None:
    """uv has one exit status for most failures, so its output decides."""
    assert error is type(failure(output, attempt(tmp_path)))


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("error: Distribution not found at: file:///outside/a%20b", "/outside/a b"),
        ("error: failed to read from file `/w/../c.txt`: No such file or directory", "/c.txt"),
        ("error: x", ""),
    ],
)
def test_missing(tmp_path: Path, said: str, missing: str) -> None:
    """A missing path is a fact of the error."""
    expected = {
        "what": f"{tmp_path}/uv.lock",
        "status": 2,
        "command": "uv sync",
        "explanation": said,
        "missing": missing,
    }

    assert expected == vars(failure(said, attempt(tmp_path)))


@pytest.mark.parametrize(("locked", "missing"), [(">=3.11", ">=3.11"), (">=3.13", "")])
def test_requires_python_missing(tmp_path: Path, locked: str, missing: str) -> None:
    """A lock for another Python has the requires-python that the project should declare."""
    (tmp_path / "uv.lock").write_text(f'version = 1\nrequires-python = "{locked}"\n')
    said = (
        "warning: No `requires-python` value found in the workspace. Defaulting to `>=3.13`.\n"
        "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.\n"
    )

    assert missing == vars(failure(said, attempt(tmp_path)))["missing_requires_python"]


def test_explanation() -> None:
    """The explanation is uv's, without earlier output. There may be none."""
    said = "Using Python\n  × No solution found\n  ╰─▶ because\n"  # noqa: RUF001

    assert "  × No solution found\n  ╰─▶ because" == install_failures.explanation(said)  # noqa: RUF001
    assert "" == install_failures.explanation("Using Python\n")


def test_conflict(tmp_path: Path) -> None:
    """The error has the settings that select conflicting names."""
    said = "error: Extras `cpu` and `gpu` are incompatible with the declared conflicts: {`x[cpu]`}"

    tried = attempt(tmp_path)
    origin = replace(tried.origin, again="uv sync --extra cpu --extra gpu")
    error = failure(said, replace(tried, origin=origin))

    expected = {
        "settings": ("BP_FUNCTION_EXTRAS=cpu gpu",),
        "path": tmp_path / "uv.lock",
        "explanation": said,
        "command": "uv sync --extra cpu --extra gpu",
    }
    assert expected == vars(error)


@pytest.mark.parametrize(
    ("files", "file", "field"),
    [
        ({"f/pyproject.toml": "[tool.uv]\nrequired-version='=='"}, "f/pyproject.toml", "tool.uv."),
        ({"f/uv.toml": "required-version='=='", "pyproject.toml": ""}, "f/uv.toml", ""),
        (
            {"f/pyproject.toml": "", "pyproject.toml": "[tool.uv]\nrequired-version='=='"},
            "pyproject.toml",
            "tool.uv.",
        ),
    ],
    ids=["pyproject", "uv.toml", "above"],
)
def test_uv_unfit(tmp_path: Path, files: dict[str, str], file: str, field: str) -> None:
    """The error has the nearest file that requires a version of uv, with the field."""
    (tmp_path / "f").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    said = "error: Required uv version `==0.9.5` does not match the running version `0.13.9`."

    error = failure(said, attempt(tmp_path / "f"))

    expected = {
        "file": f"{tmp_path}/{file}",
        "field": f"{field}required-version",
        "wanted": "==0.9.5",
        "found": "0.13.9",
    }
    assert expected == vars(error)


def test_uv_unfit_for_the_platform(tmp_path: Path) -> None:
    """If no file of the source requires it, the platform does."""
    said = "error: Required uv version `==1` does not match the running version `2`."

    assert "uv.toml of the platform" == vars(failure(said, attempt(tmp_path)))["file"]


@pytest.mark.parametrize(
    ("url", "declared", "expected"),
    [
        (
            "https://corp.example/other/simple",
            "uv.lock",
            (
                "https://corp.example/other/simple/",
                "other-one",
                ("UV_INDEX_OTHER_ONE_USERNAME", "UV_INDEX_OTHER_ONE_PASSWORD"),
            ),
        ),
        (
            "https://corp.example/pypi/files/a.whl",
            "poetry.lock",
            (
                "https://corp.example/pypi/simple/",
                "corp",
                ("POETRY_HTTP_BASIC_CORP_USERNAME", "POETRY_HTTP_BASIC_CORP_PASSWORD"),
            ),
        ),
        (
            "https://vars.example/simple",
            "Pipfile.lock",
            ("https://vars.example/simple", "vars", ("A", "B")),
        ),
        ("https://u:p@nobody.example/", "requirements.txt", ("https://nobody.example/", "", ())),
        ("", "requirements.txt", ("", "", ())),
    ],
    ids=["one of two", "a wheel", "variables", "unnamed", "unknown"],
)
def test_refused(
    tmp_path: Path, url: str, declared: str, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    """The error has the index that refuses access, and the variables for its credentials."""
    said = f"error: x\nhint: An index URL ({url}) could not be queried (401 Unauthorized)"

    error = failure(said, attempt(tmp_path, declared))

    assert isinstance(error, IndexRefused)
    assert expected == (error.address, error.name, error.variables)
    assert f"{tmp_path}/{declared}" == error.path


def test_unsolvable(tmp_path: Path) -> None:
    """The error has the project's indexes, without credentials."""
    error = failure("error: No solution found", attempt(tmp_path))

    assert isinstance(error, RequirementsUnsolvable)
    assert (
        "https://corp.example/other/simple/",
        "https://corp.example/pypi/simple/",
        "https://vars.example/simple",
    ) == error.indexes
