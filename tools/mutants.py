"""mutants: changes the code in small ways, one by one, and reports what no test notices.

mutmut makes the changes, each in a function of its own, and runs the tests that call that function.
The scope and the tests are in pyproject.toml, [tool.mutmut]. It starts from scratch each time: with
names, only their changes are tested, such as 'function_buildpack.manifests.pylock.*'.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import ROOT, command, process
from tools.console import Failure, detail, say
from tools.machine.environment import environment
from tools.settings import Settings

_HEADER = ("| module | changes | not noticed | score |", "| --- | --- | --- | --- |")
# What mutmut calls a change that a test has noticed: some make the code run forever.
_NOTICED = ("killed", "timeout")
# mutmut expects packages in `src`: the name of a module is its path there.
PACKAGES = ("buildpack/function_buildpack", "buildpack/runtime/src/func_runtime")
# What tests read besides `tests`.
_READ = ("buildpack", "docs", "examples", "templates")


def results(text: str) -> dict[str, str]:
    """Return the result of each tested change, by its name, from `mutmut results --all true`."""
    lines = (line.strip().rpartition(": ") for line in text.splitlines())
    return {name: result for name, _, result in lines if name and result != "not checked"}


def scores(found: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Return for each module how many changes a test has noticed, and how many were made."""
    by_module = defaultdict[str, Counter[bool]](Counter)
    for name, result in found.items():
        by_module[name.rpartition(".")[0]][result in _NOTICED] += 1
    return {name: (by_module[name][True], by_module[name].total()) for name in sorted(by_module)}


def table(found: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return the scores as the rows of a Markdown table, rounded down, with a sum."""
    noticed, made = (sum(pair[i] for pair in found.values()) for i in (0, 1))
    rows = [*((f"`{name}`", *pair) for name, pair in found.items()), ("all", noticed, made)]
    return [
        f"| {name} | {made} | {made - has} | {100 * has // made} % |" for name, has, made in rows
    ]


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
        raise Failure("mutmut failed", f"Its output: {log}")


def _report(mutmut: Path, folder: Path) -> None:
    found = results(_printed(mutmut, folder, "results", "--all", "true"))
    survivors = [name for name, result in found.items() if result not in _NOTICED]
    listed = folder / "survivors.diff"
    listed.write_text("".join(_printed(mutmut, folder, "show", name) for name in survivors))
    for row in (*_HEADER, *table(scores(found))):
        detail(row)
    say(f"{len(survivors)} changes were not noticed: {listed}")


def _lay_out(folder: Path) -> None:
    """Make a folder in which mutmut can work: the clone itself is never changed."""
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
