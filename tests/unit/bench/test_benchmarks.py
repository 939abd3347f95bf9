"""The results in docs/benchmarks, one for each machine, and their pages."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bench import documents
from bench.build.__main__ import COMMAND as BUILD
from bench.command import ROOT, Command
from bench.images.__main__ import COMMAND as IMAGES
from bench.images.results.figures import FIGURES, OURS
from bench.platform.__main__ import COMMAND as PLATFORM
from bench.runtime.__main__ import COMMAND as RUNTIME
from bench.runtime.peers import OURS as OURS_RUNTIME

from unit.bench.runtime import sample

FOLDER = ROOT / "docs" / "benchmarks"
COMMANDS = (BUILD, IMAGES, PLATFORM, RUNTIME)


def name_of(command: Command[Any]) -> str:
    """Return the name of a test."""
    return command.name


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_shown_as_it_is(command: Command[Any]) -> None:
    """Page and picture match the stored results and the targets. `--again` updates them."""
    for name, text in command.pages(FOLDER).items():
        assert text == (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_whole_runs(command: Command[Any]) -> None:
    """The stored results are not from a quick run."""
    kept = [command.read(text) for text in documents.kept(command.name, FOLDER)]

    assert all(len(found.rounds) >= 3 for found in kept)


def test_whole_runtime() -> None:
    """The stored result of the runtime has all parts."""
    kept = RUNTIME.read(documents.kept(RUNTIME.name, FOLDER)[0])

    assert {"cpu_us", "start_ms", "binary_events_per_s", "growth", "contract_us"} <= set(
        kept.rounds[-1]
    )


def test_whole_images() -> None:
    """The images have all figures."""
    kept = IMAGES.read(documents.kept(IMAGES.name, FOLDER)[0])

    assert [] == [figure.name for figure in FIGURES if kept.median(figure, OURS) is None]


def test_kept_by_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A result replaces that of its machine. The page shows one, and the others' targets."""
    runs = [("AMD EPYC", "2026-01"), ("Intel(R) Xeon(R) @ 2.80GHz", "2026-02")]
    for processor, taken in [*runs, ("AMD EPYC", "2026-03")]:  # equally steady: by name
        found = sample.result(processor=processor, taken=taken)
        assert RUNTIME.run(partial(replace, found), again=None, out=tmp_path) == 0
    page = (tmp_path / "runtime.md").read_text(encoding="utf-8")

    assert [
        "runtime-amd-epyc-2-cores.json",
        "runtime-intel-xeon-2-80ghz-2-cores.json",
    ] == sorted(path.name for path in tmp_path.glob("*.json"))
    assert "- Generated: by `make bench-runtime`, 2026-03\n" in page
    other = page.split("## On other machines\n\n")[1]
    assert other.startswith("2 cores of Intel(R) Xeon(R) @ 2.80GHz, 2026-02:\n\nDoubtful: ")
    assert "2026-01" not in page
    assert f"{tmp_path / 'runtime.svg'}\n" in capsys.readouterr().err


def test_steadiest_first(tmp_path: Path) -> None:
    """The page shows the machine whose rounds differ least."""
    steady = [{"cpu_us": {OURS_RUNTIME: value}} for value in (10.0, 10.1)]
    restless = [{"cpu_us": {OURS_RUNTIME: value}} for value in (10.0, 20.0)]
    for processor, rounds in (("A", restless), ("B", steady)):
        found = sample.result(rounds, processor=processor, taken=f"of {processor}")
        RUNTIME.run(partial(replace, found), again=None, out=tmp_path)

    assert "`make bench-runtime`, of B" in (tmp_path / "runtime.md").read_text(encoding="utf-8")
    assert documents.unsteadiness(steady) < documents.unsteadiness(restless)
    assert documents.unsteadiness(steady[:1]) == 0
