"""What a user runs for the same install."""

from pathlib import Path

import pytest

from function_buildpack.source.settings import Selection
from function_buildpack.uv import same_install

CWD = Path("/w/f")
BOTH = Selection(frozenset({"b", "a"}), frozenset({"develop", "c"}))


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

    made = same_install.of_file(CWD / "r.txt", [*command, "a<2"], CWD, {}, Selection())

    assert f"{first}\nuv pip install --find-links 'my wheels' -r r.txt 'a<2'" == made


def test_of_uv_lock() -> None:
    """Without an index, what uv.lock names is made a list."""
    command: list[str | Path] = ["uv", "pip", "install", "--no-index", "-r", CWD / "uv.lock"]

    made = same_install.of_file(CWD / "uv.lock", command, CWD, {}, Selection(frozenset({"a"})))

    exported = (
        "uv export --quiet --frozen --no-default-groups --no-emit-project --no-editable --extra a"
    )
    assert f"uv venv\n{exported} | uv pip install --no-index -r -" == made


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
    """What uv cannot read is installed by pip, which knows the options of the file itself."""
    command = ["uv", "pip", "install", *options, "--python", Path("/x/python3.12"), "-r", CWD / "r"]

    made = same_install.by_pip(CWD / "r", command, CWD, {"UV_CONSTRAINT": "c.txt"})

    run = f"PIP_CONSTRAINT=c.txt .venv/bin/pip install {said}-r r"
    assert f"python3.12 -m venv .venv\n{run}" == made


@pytest.mark.parametrize(
    ("stated", "command"),
    [
        (
            "poetry.lock",
            "poetry sync --no-root --only main,c,develop --extras a --extras b",
        ),
        ("Pipfile.lock", "pipenv sync --categories 'packages c dev-packages'"),
    ],
)
def test_of_lock(stated: str, command: str) -> None:
    """A lock of another tool is installed by that."""
    assert command == same_install.of_file(CWD / stated, ["uv"], CWD, {}, BOTH)
