"""The table of the Go tools, and the keys of their builds. Facts only."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.cache import keys
from tools.console import Failure

FOLDER = ROOT / "tools"  # each tool has a folder there
_HERE = Path(__file__).parent
# Settings of the machine must not change what is built.
ENVIRON = {
    "CGO_ENABLED": "0",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
}


@dataclass(frozen=True)
class Tool:
    """A Go tool.

    :param version: of its module, without the v
    :param go: the oldest Go that builds it
    :param flags: the linker's
    :param links: its programs that are linked into .tools under their own names
    """

    name: str
    module: str
    version: str
    go: str
    flags: str
    links: tuple[str, ...]
    rename: Mapping[str, str]
    takes: str
    is_default: bool

    @property
    def folder(self) -> Path:
        """Return the folder of its go.mod."""
        return FOLDER / self.name


def known() -> dict[str, Tool]:
    """Read all tools, by name.

    :raises Failure: a go.mod is missing, or pins no version
    """
    table = tomllib.loads((_HERE / "go_tools.toml").read_text())
    return {name: _tool(name, entry) for name, entry in table.items()}


def chosen(names: Iterable[str], tools: Mapping[str, Tool]) -> list[Tool]:
    """Return the tools with these names. Without names, return those that are built by default.

    :raises Failure: there is no such tool
    """
    wanted = list(names) or [name for name, tool in tools.items() if tool.is_default]
    for name in wanted:
        if name not in tools:
            raise Failure(f"There is no tool '{name}'", f"Tools: {' '.join(tools)}")
    return [tools[name] for name in wanted]


def key(tool: Tool, go: str, architecture: str) -> str:
    """Return the key of a built tool.

    :raises Failure: one of its files cannot be read
    """
    facts = {"go": go, "arch": architecture, "flags": tool.flags, "rename": str(tool.rename)}
    own = {"lifecycle": ["lifecycle_archive.py", "sboms.py"], "cpython": ["pack_cpython.py"]}
    scripts = {name: _HERE / name for name in own.get(tool.name, [])}
    return keys.key({**facts, **ENVIRON, **scripts, **keys.files(tool.folder)})


def newest(versions: Iterable[str]) -> str:
    """Return the newest of some versions of Go."""
    return max(versions, key=parts)


def parts(version: str) -> tuple[int, ...]:
    """Return the numbers of a version of Go. A release candidate has those of its release."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, numbers[0].split("."))) if numbers else (0,)


def _tool(name: str, entry: Mapping[str, Any]) -> Tool:
    text = _go_mod(name)
    version = _required(name, text, rf"require {re.escape(str(entry['module']))} v(\S+)")
    major, minor = [*version.split("."), ""][:2]
    values = {"stamp": version, "stamp-major": major, "stamp-minor": minor}
    stamps = [f" -X {entry[stamp]}{value}" for stamp, value in values.items() if stamp in entry]
    return Tool(
        name=name,
        module=str(entry["module"]),
        version=version,
        go=_required(name, text, r"go (\S+)"),
        flags="-s -w" + "".join(stamps),
        links=tuple(entry.get("makes", ())),
        rename=entry.get("rename", {}),
        takes=str(entry["takes"]),
        is_default=bool(entry.get("default")),
    )


def _go_mod(name: str) -> str:
    try:
        return (FOLDER / name / "go.mod").read_text()
    except OSError as error:
        raise Failure(f"The tool {name} has no go.mod", str(error)) from error


def _required(name: str, text: str, pattern: str) -> str:
    if found := re.search(f"(?m)^{pattern}", text):
        return found[1]
    raise Failure(f"The go.mod of {name} lacks a line", f"Expected: {pattern}")
