"""How uv is started, and its failures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from function_buildpack.log.errors.dependencies import InstallFailed, RequirementsUnsolvable
from function_buildpack.log.errors.indexes import IndexRefused
from function_buildpack.source.settings import Selection
from function_buildpack.system.process import Result
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_settings import PackageSource
from function_buildpack.uv.origin import RequirementsOrigin

SELECTION = Selection(frozenset({"b", "a"}), frozenset({"c"}))


@dataclass
class RecordedRunner:
    """Records commands instead of running them; answers with a given result."""

    result: Result = field(default_factory=lambda: Result(0, ""))
    then: list[Result] = field(default_factory=list)
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
        result = self.result if len(self.commands) == 1 or not self.then else self.then.pop(0)
        if on_line:
            for line in result.output.splitlines():
                on_line(line)
        return result


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
    """The version is the second word of uv's output."""
    runner = RecordedRunner(Result(0, "uv 0.13.9 (x86_64-unknown-linux-gnu)\n"))

    assert "0.13.9" == uv(runner).version


def test_version_is_asked_for_once() -> None:
    """Copies share the version, because a query takes a process."""
    runner = RecordedRunner(Result(0, "uv 0.13.9 (x86_64-unknown-linux-gnu)\n"))
    first = uv(runner)

    assert ["0.13.9"] * 3 == [
        each.version for each in (first.with_copies(), first, first.with_copies())
    ]
    assert [["uv", "--version"]] == runner.commands


def test_decisive() -> None:
    """Settings that decide the result are separate from those for sources of packages."""
    install_settings = {"UV_EXCLUDE_NEWER": "2026-01-01"}
    others = {"LDFLAGS": "-s", "UV_RESOLUTION": "", "UV_DEFAULT_INDEX": "x"}

    made = uv(RecordedRunner(), install_settings | others)

    assert install_settings == made.install_settings


def test_narrowing() -> None:
    """Constraints can be set and removed."""
    settings = {"UV_CONSTRAINT": "a.txt b.txt", "UV_OVERRIDE": "", "UV_RESOLUTION": "lowest"}
    made = uv(RecordedRunner(), settings)

    assert {"UV_CONSTRAINT": "a.txt b.txt"} == made.constraint_settings
    assert {"UV_RESOLUTION": "lowest"} == made.without(made.constraint_settings).install_settings


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
    """uv and pip get the same source of packages."""
    runner = RecordedRunner()
    offline = uv(runner).from_source(PackageSource.folder(tmp_path))

    offline.sync(tmp_path, tmp_path / "venv", tmp_path / "uv.lock", SELECTION)
    offline.install(tmp_path / "requirements.txt", tmp_path, [])

    for command in runner.commands:
        assert {"--no-index", "--find-links", str(tmp_path)} <= set(command)


def test_install(tmp_path: Path) -> None:
    """A requirements file is installed with the options given."""
    runner = RecordedRunner()

    uv(runner).install(tmp_path / "requirements.txt", tmp_path, ["--python", "/p"], SELECTION)

    assert [
        *("uv", "pip", "install", "--no-editable", "--python", "/p"),
        *("--extra", "a", "--extra", "b", "--group", "c"),
        *("-r", str(tmp_path / "requirements.txt")),
    ] == runner.commands[0]


def test_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log has the command and its output. The error has the explanation of a failure."""
    said = "Using Python\nerror: No solution found\n  cause: because\n"

    with pytest.raises(RequirementsUnsolvable) as caught:
        uv(RecordedRunner(Result(1, said))).install(tmp_path / "a b.txt", tmp_path, [])

    assert "error: No solution found\n  cause: because" == caught.value.explanation
    log = capsys.readouterr().out
    assert f"Running: uv pip install --no-editable -r '{tmp_path}/a b.txt'\n" in log
    assert "Using Python" in log
    assert "No solution" not in log


def test_told_of_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Output that only looks like a failure is shown."""
    uv(RecordedRunner(Result(0, "error: x\nDone\n"))).install(tmp_path / "r.txt", tmp_path, [])

    assert "error: x" in capsys.readouterr().out


REFUSED = "error: No solution found\nhint: An index (https://h/) … (401 Unauthorized)\n"


@pytest.mark.parametrize(
    ("options", "environ", "asked"),
    [
        (["--index-strategy", "unsafe-best-match", "--no-deps"], {}, True),
        ([], {"UV_INDEX_STRATEGY": "unsafe-best-match"}, True),
        ([], {}, False),
    ],
    ids=["option", "variable", "default"],
)
def test_refusal(
    tmp_path: Path, options: list[str], environ: dict[str, str], *, asked: bool
) -> None:
    """With pip's strategy, uv hides that an index refuses access, so it is run once more."""
    runner = RecordedRunner(Result(1, "error: No solution found\n"), then=[Result(1, REFUSED)])

    with pytest.raises(IndexRefused if asked else RequirementsUnsolvable):
        uv(runner, environ).install(tmp_path / "r.txt", tmp_path, options)

    assert (2 if asked else 1) == len(runner.commands)
    again = ["--dry-run", "--index-strategy", "first-index"]
    assert not asked or (again == runner.commands[1][-3:] and "unsafe-best-match" not in again)
    assert not asked or "unsafe-best-match" not in runner.commands[1]


def test_no_refusal(tmp_path: Path) -> None:
    """If no index refuses access, the first result is used."""
    unsolved = Result(1, "error: No solution found\n")
    runner = RecordedRunner(unsolved, then=[Result(0, "")])

    with pytest.raises(RequirementsUnsolvable):
        uv(runner, {"UV_INDEX_STRATEGY": "unsafe-best-match"}).install(
            tmp_path / "r.txt", tmp_path, []
        )


@pytest.mark.parametrize(
    ("source", "environ", "expected"),
    [
        (PackageSource(), {}, ("", "", ())),
        (
            PackageSource("PIP_NO_INDEX"),
            {"UV_FIND_LINKS": "/a,/b"},
            ("PIP_NO_INDEX", "", ("/a", "/b")),
        ),
        (PackageSource.folder(Path("/v")), {}, ("BP_WHEELS", "/v", ())),
    ],
    ids=["index", "links", "wheels"],
)
def test_without_index(
    tmp_path: Path, source: PackageSource, environ: dict[str, str], expected: tuple[object, ...]
) -> None:
    """Without an index, the error has the setting for that, and the searched locations."""
    runner = RecordedRunner(Result(1, "error: No solution found"))

    with pytest.raises(RequirementsUnsolvable) as caught:
        uv(runner, environ).from_source(source).install(tmp_path / "r.txt", tmp_path, [])

    error = caught.value
    assert expected == (error.without_index, error.wheels, error.links)


def test_same_install(tmp_path: Path) -> None:
    """The command for elsewhere has selection, constraints, options and settings of the build."""
    made = uv(RecordedRunner(Result(2, "error: x")), {"UV_RESOLUTION": "lowest", "UV_INDEX": "i"})
    limited = made.from_source(PackageSource("PIP_NO_INDEX")).with_constraints(("a<2",))

    with pytest.raises(InstallFailed) as caught:
        limited.install(tmp_path / "pyproject.toml", tmp_path, [], SELECTION)

    words = "--no-editable --no-index --extra a --extra b --group c -r pyproject.toml 'a<2'"
    settings = "UV_INDEX=i UV_RESOLUTION=lowest"
    assert f"uv venv\n{settings} uv pip install {words}" == caught.value.command


def test_selected_before(tmp_path: Path) -> None:
    """A list that was made from a lock has its extras and groups; the command has them, too."""
    runner = RecordedRunner(Result(2, "error: x"))

    origin = RequirementsOrigin(tmp_path / "poetry.lock", SELECTION, "poetry sync")

    with pytest.raises(InstallFailed) as caught:
        uv(runner).install(tmp_path / "l.txt", tmp_path, [], origin=origin)

    assert ["-r", str(tmp_path / "l.txt")] == runner.commands[0][4:]
    assert "poetry sync" == caught.value.command


def test_constraints(tmp_path: Path) -> None:
    """Constraints of the build are in a file, with those that the platform names behind it."""
    runner = RecordedRunner()
    made = uv(runner, {"UV_CONSTRAINT": "x.txt"}).with_constraints(("a<2",))

    made.install(tmp_path / "r.txt", tmp_path, [])

    (command,) = runner.commands
    assert "--constraints" == command[-6]
    assert ["--constraints", "x.txt", "-r", str(tmp_path / "r.txt")] == command[-4:]


def test_asking() -> None:
    """More indexes are searched after those of the platform, by their names."""
    made = uv(RecordedRunner(), {"UV_INDEX": "https://first/", "P": "secret"})

    asked = made.with_extra_indexes({"corp": "https://u:${P}@corp/"}).environ["UV_INDEX"]

    assert "https://first/ corp=https://u:secret@corp/" == asked
    assert made is made.with_extra_indexes({})


def test_calling(tmp_path: Path) -> None:
    """The output has the paths of the originals instead of the copies."""
    runner = RecordedRunner(Result(1, f"error: x in `{tmp_path}/copies/r.txt`"))
    made = uv(runner).with_renamed_paths(tmp_path / "copies", Path("/workspace"))

    with pytest.raises(InstallFailed) as caught:
        made.install(tmp_path / "copies" / "r.txt", tmp_path, [])

    assert "error: x in `/workspace/r.txt`" == caught.value.explanation
    assert "python -m venv .venv\n.venv/bin/pip install -r copies/r.txt" == caught.value.command


@pytest.mark.parametrize(("found", "said"), [("cc", "a C compiler"), ("other", "no C compiler")])
def test_build_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: str, said: str
) -> None:
    """The note names the package that could not be built, and whether there is a compiler."""
    (tmp_path / found).touch(0o755)
    words = "error: Failed to download and build `acme==1.0`\n  cause: x\n"
    made = uv(RecordedRunner(Result(1, words)), {"PATH": str(tmp_path)})

    with pytest.raises(InstallFailed):
        made.install(tmp_path / "requirements.txt", tmp_path, [])

    expected = (
        "acme 1.0 has no wheel for this Python and platform, and building it from source failed. "
        f"The build image has {said}."
    )
    assert expected in capsys.readouterr().out
