"""The commands for the same installation."""

from pathlib import Path

import pytest

from function_buildpack.uv import same_install
from function_buildpack.uv.origin import RequirementsOrigin

CWD = Path("/w/f")


def test_of_project() -> None:
    """The command is the one of the build, with the version of Python in place of the build's."""
    command: list[str | Path] = [
        "uv",
        "sync",
        "--locked",
        "--python",
        Path("/x/bin/python3.12"),
        "--extra",
        "a",
    ]

    made = same_install.of_project(
        command, CWD, {"UV_INDEX": "a=https://h/ b", "UV_FIND_LINKS": "/w/f/x"}
    )

    variables = "UV_INDEX='a=https://h/ b' UV_FIND_LINKS=x"
    assert f"{variables} uv sync --locked --extra a --python 3.12" == made


@pytest.mark.parametrize(
    ("python", "first"),
    [(["--python", Path("/x/python3.12")], "uv venv --python 3.12"), ([], "uv venv")],
)
def test_of_file(python: list[str | Path], first: str) -> None:
    """A list is installed into an environment; paths are the function's folder's, all is quoted."""
    command = [
        "uv",
        "pip",
        "install",
        *python,
        "--find-links",
        CWD / "my wheels",
        "-r",
        CWD / "r.txt",
    ]

    made = same_install.of_file(
        RequirementsOrigin(CWD / "r.txt"), [*command, "a<2"], CWD, {}, by_pip=False
    )

    assert f"{first}\nuv pip install --find-links 'my wheels' -r r.txt 'a<2'" == made


def test_of_uv_lock() -> None:
    """Without an index, uv.lock is exported as a list."""
    command: list[str | Path] = ["uv", "pip", "install", "--no-index", "-r", CWD / "uv.lock"]

    made = same_install.of_file(
        RequirementsOrigin(CWD / "uv.lock", exported_by=("uv", "export")),
        command,
        CWD,
        {},
        by_pip=False,
    )

    assert "uv venv\nuv export | uv pip install --no-index -r -" == made


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prerelease", "allow"], ""),
        (["--no-index"], "--no-index "),
        (
            ["--no-index", "--find-links", CWD / "vendor", "--pre"],
            "--no-index --find-links vendor ",
        ),
    ],
)
def test_by_pip(options: list[str | Path], said: str) -> None:
    """A file that uv cannot read is installed with pip, which knows its options."""
    command = ["uv", "pip", "install", *options, "--python", Path("/x/python3.12"), "-r", CWD / "r"]

    made = same_install.of_file(
        RequirementsOrigin(CWD / "r"), command, CWD, {"UV_CONSTRAINT": "c.txt"}, by_pip=True
    )

    run = f"PIP_CONSTRAINT=c.txt .venv/bin/pip install {said}-r r"
    assert f"python3.12 -m venv .venv\n{run}" == made


def test_of_another_tool() -> None:
    """A lock of another tool is installed by that."""
    origin = RequirementsOrigin(CWD / "poetry.lock", again="poetry sync")

    assert "poetry sync" == same_install.of_file(origin, ["uv"], CWD, {}, by_pip=False)
