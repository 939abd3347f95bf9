"""update: locks the newest versions everywhere, and prints what changed.

These are Python packages, Debian packages, and the modules of the Go tools. If the newest version
of a Go tool cannot be resolved, its lock does not change. Commit the result if the tests pass.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import ROOT, command, process
from tools.cache.cache import Cache
from tools.console import Failure, detail, say, step
from tools.go import build, go_tools
from tools.go.go_tools import Tool
from tools.machine.environment import environment
from tools.settings import Settings

_PIN = re.compile(r"^(?:require |\t)?([\w./\[\]-]+)(?:==| v)([\w.+!-]+)", re.MULTILINE)


def pins(text: str) -> dict[str, str]:
    """Return the versions that a list of requirements or a go.mod pins, by name."""
    return dict(_PIN.findall(text))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return a line for each pin that is new, has gone, or has another version."""
    lines = list[str]()
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            lines.append(f"{name} {old or '(new)'} → {new or '(gone)'}")
    return lines


def update(settings: Settings) -> None:
    """Update all locks.

    :raises Failure: one cannot be updated; others may have been
    """
    files = _files()
    before = {path: pins(path.read_text()) for path in files}
    path = f"{environment(settings.cache) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with step("Locking the newest Python packages"):
        process.call([ROOT / "tools" / "python" / "lock.sh"], environ={"PATH": path})
    kept = _go(settings.cache, list(go_tools.known().values()))
    with step("Locking the newest Debian packages"):
        process.call([ROOT / "stack" / "lock.sh"])
    say("What changed (Debian's packages are above):")
    for file in files:
        for line in changes(before[file], pins(file.read_text())):
            detail(f"{file.relative_to(ROOT)}: {line}")
    for name in kept:
        detail(f"{name}: not updated, because its newest version cannot be resolved here")


def _files() -> list[Path]:
    listed = process.answer(["git", "-C", ROOT, "ls-files", "--", "*.txt", "*go.mod"])
    if listed is None:
        raise Failure("git cannot list the locks", "Run it in a clone.")
    fixtures = ROOT / "tests" / "fixtures" / "functions"
    paths = [ROOT / name for name in listed.splitlines()]
    return [path for path in paths if pins(path.read_text()) and fixtures not in path.parents]


def _go(cache: Cache, tools: Sequence[Tool]) -> list[str]:
    """Lock the newest version of each module. Return the tools whose locks do not change."""
    go = build.toolchain(cache, go_tools.newest(tool.go for tool in tools))
    kept = list[str]()
    for tool in tools:
        say(f"Looking for a newer {tool.name} than {tool.version}")
        files = [tool.folder / name for name in ("go.mod", "go.sum")]
        texts = [file.read_text() for file in files]
        environ = {**go.environ, "GOFLAGS": "-mod=mod"}
        for words in (["get", f"{tool.module}@latest"], ["list", "-deps", "tool"]):
            run = [go.program, "-C", tool.folder, *words]
            try:
                process.quietly(f"update-{tool.name}", run, logs=cache.logs, environ=environ)
            except Failure:
                kept.append(tool.name)
                for file, text in zip(files, texts, strict=True):
                    file.write_text(text)
                break
    return kept


def _main(arguments: Sequence[str], settings: Settings) -> None:
    command.Parser("update", __doc__).parse_args(arguments)
    update(settings)


if __name__ == "__main__":
    command.run(_main)
