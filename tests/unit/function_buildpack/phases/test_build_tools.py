"""Build tools for a build image that lacks them."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from function_buildpack.cnb.context import BuildContext
from function_buildpack.log.errors.tools import ToolsUnavailable
from function_buildpack.phases import build_tools, wheel_download
from function_buildpack.phases.wheel_download import Wheel
from function_buildpack.system.process import Result

LISTS = Path(__file__).parents[4] / "buildpack" / "bootstrap"


@dataclass
class Pip:
    """Stands for pip: fills the target folder and records how it was started."""

    status: int = 0
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
        """Write a file as an install does."""
        words = [str(word) for word in command]
        self.commands.append(words)
        self.environs.append(environ)
        Path(words[words.index("--target") + 1], "installed").write_text("")
        return Result(self.status, "")


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    """A build with an empty layers folder."""
    (tmp_path / "layers").mkdir()
    environ = {"CNB_LAYERS_DIR": str(tmp_path / "layers"), "UV_DEFAULT_INDEX": "https://i/simple"}
    environ["PIP_USER"] = "1"
    return BuildContext.from_environ(environ, tmp_path)


def test_provide(context: BuildContext) -> None:
    """They are installed once, hashes checked, into a layer that is cached and not launched."""
    pip = Pip()

    layer = build_tools.provide(context, ("uv",), LISTS, pip)
    again = build_tools.provide(context, ("uv",), LISTS, pip)

    assert layer == again
    assert (layer / "installed").is_file()
    assert "[types]\ncache = true\n" == layer.with_name("build-tools.toml").read_text()
    (command,) = pip.commands
    assert [sys.executable, "-I", "-m", "pip"] == command[:4]
    assert {"--require-hashes", str(LISTS / "requirements.txt")} <= set(command)
    assert "https://i/simple" == pip.environs[0]["PIP_INDEX_URL"]
    assert "PIP_USER" not in pip.environs[0]


def test_provide_again(context: BuildContext, tmp_path: Path) -> None:
    """Other pinned versions, or an incomplete layer, are installed again."""
    lists = shutil.copytree(LISTS, tmp_path / "lists")
    pip = Pip()
    layer = build_tools.provide(context, ("uv",), lists, pip)

    (lists / "requirements.txt").write_text("other")
    (layer / "old").write_text("")
    build_tools.provide(context, ("uv",), lists, pip)

    assert not (layer / "old").exists()
    assert 2 == len(pip.commands)


def test_provide_fails(context: BuildContext) -> None:
    """A failed installation leaves no layer."""
    with pytest.raises(ToolsUnavailable):
        build_tools.provide(context, ("uv",), LISTS, Pip(status=1))

    assert not list(context.layers.glob("*.toml"))


def test_without_pip(context: BuildContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pip its pinned wheel is downloaded, and run as it is."""
    asked = []

    def download(wheel: Wheel, environ: Mapping[str, str], folder: Path) -> Path:
        asked.append(wheel)
        return folder / wheel.file

    monkeypatch.setattr(build_tools, "find_spec", lambda name: None)
    monkeypatch.setattr(wheel_download, "download", download)
    pip = Pip()

    build_tools.provide(context, ("uv",), LISTS, pip)

    assert [build_tools.pinned(LISTS / "pip.txt")] == asked
    assert f"{asked[0].file}/pip" in pip.commands[0][2]


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors are shown as those of the build, and end the phase with 1."""
    (tmp_path / "bindings" / "nameless").mkdir(parents=True)
    environ = {"CNB_LAYERS_DIR": str(tmp_path), "CNB_PLATFORM_DIR": str(tmp_path), "PATH": "/none"}

    with pytest.raises(SystemExit, check=lambda error: error.code == 1):
        build_tools.build(environ, tmp_path, LISTS)

    said = capsys.readouterr().out
    assert "ERROR: Invalid service binding" in said


def test_build(tmp_path: Path) -> None:
    """The build tools of an earlier build are reused without an index."""
    context = BuildContext.from_environ({"CNB_LAYERS_DIR": str(tmp_path)}, tmp_path)
    layer = build_tools.provide(context, ("uv",), LISTS, Pip())

    found = build_tools.build({"CNB_LAYERS_DIR": str(tmp_path), "PATH": "/none"}, tmp_path, LISTS)

    assert layer == found
