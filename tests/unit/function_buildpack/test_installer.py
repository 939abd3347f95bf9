"""uv as it is started, and its failures told apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.errors import (
    BuildpackError,
    HashMismatch,
    IndexUnreachable,
    InstallFailed,
    LockOutdated,
    RequirementsUnsolvable,
    SelectionUnknown,
    ToolMissing,
)
from function_buildpack.installer import Download, Uv
from function_buildpack.process import Result
from function_buildpack.settings import Selection
from function_buildpack.source_builds import Package

SELECTION = Selection(frozenset({"b", "a"}), frozenset({"c"}))


@dataclass
class RecordedRunner:
    """Records commands instead of running them; answers with a given result."""

    result: Result = field(default_factory=lambda: Result(0, ""))
    commands: list[list[str]] = field(default_factory=list)
    environs: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        **options: object,
    ) -> Result:
        """Record the command."""
        self.commands.append([str(word) for word in command])
        self.environs.append(environ)
        return self.result


def uv(runner: RecordedRunner, environ: Mapping[str, str] | None = None) -> Uv:
    """Return uv on that runner."""
    return Uv.with_cache(runner, environ or {}, Path("/cache"))


def test_environment() -> None:
    """Settings of the user's index stay, other environments' variables do not reach uv."""
    environ = {
        "UV_DEFAULT_INDEX": "x",
        "CFLAGS": "-DX",
        "PYTHONPATH": "/invalid",
        "VIRTUAL_ENV": "/v",
        "PATH": "/b",
    }

    made = uv(RecordedRunner(), environ).environ

    assert {
        "UV_DEFAULT_INDEX": "x",
        "PATH": "/b",
        "CFLAGS": "-O2 -g0 -DX",
        "CXXFLAGS": "-O2 -g0",
        "UV_CACHE_DIR": "/cache",
        "UV_LINK_MODE": "hardlink",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    } == made


def test_version() -> None:
    """The version is the second word of what uv says."""
    runner = RecordedRunner(Result(0, "uv 0.13.9 (x86_64-unknown-linux-gnu)\n"))

    assert "0.13.9" == uv(runner).version


def test_decisive() -> None:
    """What decides the result is told apart from what only leads to it."""
    decisive = {"UV_EXCLUDE_NEWER": "2026-01-01"}
    others = {"LDFLAGS": "-s", "UV_RESOLUTION": "", "UV_DEFAULT_INDEX": "x"}

    made = uv(RecordedRunner(), decisive | others)

    assert decisive == made.decisive


def test_narrowing() -> None:
    """Constraints can be told, and left out."""
    settings = {"UV_CONSTRAINT": "a.txt b.txt", "UV_OVERRIDE": "", "UV_RESOLUTION": "lowest"}
    made = uv(RecordedRunner(), settings)

    assert {"UV_CONSTRAINT": "a.txt b.txt"} == made.narrowing
    assert {"UV_RESOLUTION": "lowest"} == made.without(made.narrowing).decisive


def test_sync(tmp_path: Path) -> None:
    """A lock is installed as it stands: no project, no development group, no editable."""
    runner = RecordedRunner()

    uv(runner).sync(tmp_path, tmp_path / "venv", tmp_path / "uv.lock", SELECTION)

    assert {"--locked", "--no-default-groups", "--no-install-project", "--no-editable"} <= set(
        runner.commands[0]
    )
    assert ["--extra", "a", "--extra", "b", "--group", "c"] == runner.commands[0][-6:]
    assert str(tmp_path / "venv") == runner.environs[0]["UV_PROJECT_ENVIRONMENT"]


def test_options(tmp_path: Path) -> None:
    """Where packages come from is said to both."""
    runner = RecordedRunner()
    offline = uv(runner).with_options("--no-index", "--find-links", tmp_path)

    offline.sync(tmp_path, tmp_path / "venv", tmp_path / "uv.lock", SELECTION)
    offline.install(tmp_path / "requirements.txt", tmp_path, [])

    for command in runner.commands:
        assert {"--no-index", "--find-links", str(tmp_path)} <= set(command)


def test_install(tmp_path: Path) -> None:
    """A requirements file is installed with the options given."""
    runner = RecordedRunner()

    uv(runner).install(tmp_path / "requirements.txt", tmp_path, ["--python", "/p"], SELECTION)

    assert [
        *("uv", "pip", "install", "--no-editable"),
        *("--preview-features", "pylock", "--python", "/p"),
        *("--extra", "a", "--extra", "b", "--group", "c"),
        *("-r", str(tmp_path / "requirements.txt")),
    ] == runner.commands[0]


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
        ("error: x\n  cause: Git executable not found. Ensure that Git is installed", ToolMissing),
        ("error: something else", InstallFailed),
        ("", InstallFailed),
    ],
)
def test_failures(tmp_path: Path, output: str, error: type[BuildpackError]) -> None:
    """uv has one exit status for most failures; its words tell them apart."""
    runner = RecordedRunner(Result(2, output))

    with pytest.raises(error):
        uv(runner).sync(tmp_path, tmp_path / "venv", tmp_path / "uv.lock", SELECTION)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("error: Distribution not found at: file:///outside/a%20b", "/outside/a b"),
        ("cause: failed to read from file `/w/../c.txt`: No such file or directory", "/c.txt"),
        ("error: x", ""),
    ],
)
def test_missing(tmp_path: Path, said: str, missing: str) -> None:
    """A path that is not there is a fact of its own."""
    runner = RecordedRunner(Result(2, said))

    with pytest.raises(InstallFailed) as caught:
        uv(runner).sync(tmp_path, tmp_path / "venv", tmp_path / "uv.lock", SELECTION)

    assert ("uv sync --locked", missing) == (caught.value.command, caught.value.missing)


@pytest.mark.parametrize(
    ("stated_in", "command"),
    [("setup.cfg", "uv pip install -r setup.cfg"), ("poetry.lock", "poetry sync")],
)
def test_same_install(tmp_path: Path, stated_in: str, command: str) -> None:
    """The command that does the same elsewhere is of the file that the user has."""
    runner = RecordedRunner(Result(2, "error: x"))

    with pytest.raises(InstallFailed) as caught:
        uv(runner).install(tmp_path / "list.txt", tmp_path, [], stated_in=tmp_path / stated_in)

    assert command == caught.value.command


@pytest.mark.parametrize(("locked", "unstated"), [(">=3.11", ">=3.11"), (">=3.13", "")])
def test_python_unstated(tmp_path: Path, locked: str, unstated: str) -> None:
    """A lock for another Python than uv assumes, where none is stated, tells which to state."""
    (tmp_path / "uv.lock").write_text(f'version = 1\nrequires-python = "{locked}"\n')
    said = (
        "warning: No `requires-python` value found in the workspace. Defaulting to `>=3.13`.\n"
        "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.\n"
    )

    with pytest.raises(LockOutdated) as caught:
        uv(RecordedRunner(Result(1, said))).sync(
            tmp_path, tmp_path / "venv", tmp_path / "uv.lock", SELECTION
        )

    assert unstated == caught.value.unstated


def test_failure_explained(tmp_path: Path) -> None:
    """The explanation is uv's own, without what it said before."""
    runner = RecordedRunner(Result(1, "Using Python\n  × No solution found\n  ╰─▶ because\n"))  # noqa: RUF001

    with pytest.raises(RequirementsUnsolvable) as caught:
        uv(runner).install(tmp_path / "requirements.txt", tmp_path, [])

    assert "  × No solution found\n  ╰─▶ because" == caught.value.explanation  # noqa: RUF001


def test_pythons(tmp_path: Path) -> None:
    """Only CPythons of the usual build are listed; what uv warns of before is passed over."""
    parts = '"path":null,"url":"https://user:secret@mirror.example/1/'
    listed = (
        f'[{{"key":"a","version":"3.14.6",{parts}a%2B1.tar.gz?key=secret","variant":"default",'
        f'"implementation":"cpython"}},{{"key":"b","version":"3.14.6",{parts}b.tar.gz",'
        f'"variant":"freethreaded","implementation":"cpython"}},{{"key":"c","version":"3.11.15",'
        f'{parts}c.tar.gz","variant":"default","implementation":"pypy"}}]\n'
    )
    runner = RecordedRunner(Result(0, f"warning: [tool.uv] is odd\n{listed}"))

    assert [Download("a", "3.14.6", "a+1.tar.gz")] == uv(runner).pythons(tmp_path)
    assert "UV_PYTHON_DOWNLOADS" not in runner.environs[0]


@pytest.mark.parametrize("said", ["", "[]\n"])
def test_pythons_none(tmp_path: Path, said: str) -> None:
    """A platform may want none."""
    runner = RecordedRunner(Result(0, said))
    environ = {"UV_PYTHON_DOWNLOADS": "never"}

    assert [] == uv(runner, environ).pythons(tmp_path)
    assert "never" == runner.environs[0]["UV_PYTHON_DOWNLOADS"]


@pytest.mark.parametrize(("found", "said"), [("cc", "a C compiler"), ("other", "no C compiler")])
def test_build_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: str, said: str
) -> None:
    """A package that could not be built is named, and whether there is a compiler."""
    (tmp_path / found).touch(0o755)
    words = "error: Failed to download and build `acme==1.0`\n  cause: x\n"
    made = uv(RecordedRunner(Result(1, words)), {"PATH": str(tmp_path)})

    with pytest.raises(InstallFailed):
        made.install(tmp_path / "requirements.txt", tmp_path, [])

    expected = (
        "acme 1.0 has no wheel that fits here, and building it from source has failed. "
        f"The build image has {said}."
    )
    assert expected in capsys.readouterr().out


def test_wheels_of(tmp_path: Path) -> None:
    """The wheels of a package are asked for with the first Python that it is for."""
    wheels = '{ url = "https://x/a%2Bb-1-py3-none-any.whl", size = 1 }, { name = "c.whl" }'

    @dataclass
    class FromSecond(RecordedRunner):
        def __call__(self, command: Sequence[str | Path], **others: Any) -> Result:
            super().__call__(command, **others)
            return Result(0, f"wheels = [{wheels}]") if "3.12" in command else Result(1, "error")

    runner = FromSecond()
    package = Package("a", "1+b")

    asked = uv(runner).wheels_of(package, tmp_path, ("3.11", "3.12", "3.13"))

    assert (["a%2Bb-1-py3-none-any.whl", "c.whl"], 2) == (asked, len(runner.commands))
    assert [] == uv(RecordedRunner(Result(1, ""))).wheels_of(package, tmp_path, ("3.11",))
