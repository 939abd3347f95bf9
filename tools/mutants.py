"""mutants: changes the code in small ways, one by one, and reports what no test notices.

mutmut makes the changes, each in a copy of a function, and runs the tests that call that function.
The scope and the tests are in pyproject.toml, [tool.mutmut]. It starts from scratch each time. With
names, such as 'function_buildpack.manifests.pylock.*', it only tests their changes.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import ROOT, command, process
from tools.console import Failure, detail, say
from tools.machine.environment import environment
from tools.settings import Settings

_HEADER = (
    "| module | changes | not noticed | timeouts | score |",
    "| --- | --- | --- | --- | --- |",
)
# mutmut's results for a noticed change. Some changes make the code run forever. Check timeouts:
# mutmut also reports a timeout if pytest cannot find a test by its name (exit status 255).
_TIMEOUT = "timeout"
_NOTICED = ("killed", _TIMEOUT)
# mutmut expects packages in `src`: the name of a module is its path there.
PACKAGES = ("buildpack/function_buildpack", "buildpack/runtime/src/func_runtime")
_LINES_SHOWN = 10
# What tests read or import besides `tests`.
_READ = ("buildpack", "docs", "examples", "templates", "tools")


def results(text: str) -> dict[str, str]:
    """Return the result of each tested change, by its name, from `mutmut results --all true`."""
    lines = (line.strip().rpartition(": ") for line in text.splitlines())
    return {name: result for name, _, result in lines if name and result != "not checked"}


def table(found: Mapping[str, str]) -> list[str]:
    """Return the results by module as the rows of a Markdown table, with scores rounded down."""
    by_module = defaultdict[str, Counter[str]](Counter)
    for name, result in found.items():
        by_module[f"`{name.rpartition('.')[0]}`"][result] += 1
    sums = [*sorted(by_module.items()), ("all", Counter(found.values()))]
    return [_row(name, counts) for name, counts in sums]


def _row(name: str, counts: Counter[str]) -> str:
    made, noticed = counts.total(), sum(counts[result] for result in _NOTICED)
    score = 100 * noticed // made
    return f"| {name} | {made} | {made - noticed} | {counts[_TIMEOUT]} | {score} % |"


def mutants(settings: Settings, names: Sequence[str]) -> None:
    """Test all changes in scope, or those with these names, and print scores and survivors.

    :raises Failure: a test fails without a change, or no change has such a name
    """
    mutmut = environment(settings.cache) / "bin" / "mutmut"
    folder = settings.cache.folder / "mutants"
    with settings.cache.locked("mutants"):
        _lay_out(folder)
        _test(mutmut, folder, names)
        _report(mutmut, folder)


def _test(mutmut: Path, folder: Path, names: Sequence[str]) -> None:
    log = folder / "run.log"
    say(f"Testing changes (progress: {log})")
    with log.open("wb") as output:
        # One after the other: the tests of HTTP measure time.
        run: list[str | Path] = [mutmut, "run", "--max-children", "1", *names]
        status = process.run(run, cwd=folder, output=output, errors=output)
    if status:
        end = "\n".join(log.read_text().splitlines()[-_LINES_SHOWN:])
        raise Failure("mutmut failed", end, f"The whole log: {log}")


def _report(mutmut: Path, folder: Path) -> None:
    found = results(_printed(mutmut, folder, "results", "--all", "true"))
    survivors = [name for name, result in found.items() if result not in _NOTICED]
    listed = folder / "survivors.diff"
    listed.write_text("".join(_printed(mutmut, folder, "show", name) for name in survivors))
    for row in (*_HEADER, *table(found)):
        detail(row)
    say(f"{len(survivors)} changes were not noticed: {listed}")


def _lay_out(folder: Path) -> None:
    """Create a folder in which mutmut can work, so that the clone does not change."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    (folder / "mutants").mkdir()
    for package in PACKAGES:
        (folder / "src" / Path(package).name).symlink_to(ROOT / package)
    for name in _READ:
        (folder / "mutants" / name).symlink_to(ROOT / name)
    (folder / "tests").symlink_to(ROOT / "tests")
    (folder / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")


def _printed(mutmut: Path, folder: Path, *arguments: str) -> str:
    output = folder / "output"
    with output.open("wb") as written:
        process.run([mutmut, *arguments], cwd=folder, output=written)
    return output.read_text()


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("mutants", __doc__)
    parser.add_argument("names", nargs="*", help="names of changes; * stands for any text")
    mutants(settings, parser.parse_args(arguments).names)


if __name__ == "__main__":
    command.run(_main)
