"""What users read when the build image or its machine lacks something."""

import errno
import re

from function_buildpack.cnb.context import LifecycleMissing
from function_buildpack.log import printable
from function_buildpack.log.errors.tools import (
    DiskFull,
    DownloadDamaged,
    ToolMissing,
    ToolsUnavailable,
    UvUnfit,
)
from function_buildpack.log.messages.message import NETWORK, Message, describe, indent


@describe.register
def _os_error(error: OSError) -> Message:
    """Put into words what no step expects: too long a path, a disk that fails or is full."""
    if f"[Errno {errno.ENOSPC}]" in str(error):  # shutil's have one for each file, and only there
        where = f" ({printable.line(str(error.filename))})" if error.filename else ""
        return describe(DiskFull(f"No space left on device{where}"))
    return Message(
        "A file or folder cannot be used",
        f"File:     {printable.line(str(error.filename or 'unknown'))}\n"
        f"Found:    {printable.line(error.strerror or str(error))}\n\n"
        f"If it is one of the source, see what is special about it, or leave it out of the build\n"
        f"(project.toml, .funcignore). Else see to the disk of the machine that builds.",
    )


@describe.register
def _lifecycle_missing(error: LifecycleMissing) -> Message:
    return Message(
        "No lifecycle has started this phase",
        f"Missing:  the variable {error}\n\n"
        f"A lifecycle runs bin/detect and bin/build, and tells them their folders by variables\n"
        f"(Buildpack API 0.10, lifecycle 0.17 or newer). Build with it: pack build, or the phases\n"
        f"of your platform.",
    )


@describe.register
def _disk_full(error: DiskFull) -> Message:
    return Message(
        "The disk is full",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"There is no room where the build writes: layers, cache or temporary files. Make some\n"
        f"(docker system df shows what Docker has), or give the build a larger volume.",
    )


@describe.register
def _tool_missing(error: ToolMissing) -> Message:
    return Message(
        "The build image lacks a program that the build needs",
        f"Missing:  {error.name}\n\n"
        f"Use the builder that belongs to this buildpack, or add the program to the PATH of\n"
        f"your build image.",
    )


@describe.register
def _tools_unavailable(error: ToolsUnavailable) -> Message:
    return Message(
        "What the build image lacks could not be installed",
        f"File:     {error.requirements}\nFound:    pip ended with status {error.status}; its words"
        f" are above\n\n{NETWORK}\n\n"
        f"Or use the builder that belongs to this buildpack: it has all of it.",
    )


@describe.register
def _download_damaged(error: DownloadDamaged) -> Message:
    return Message(
        "The package index has another file than the pinned one",
        f"File:     {error.file}\nExpected: SHA-256 {error.expected}\n"
        f"Found:    SHA-256 {error.found}\n\n"
        f"Nothing of it was run. See whether a proxy or a mirror changes what it passes on.",
    )


@describe.register
def _uv_unfit(error: UvUnfit) -> Message:
    return Message(
        "The project asks for another version of uv",
        f"File:     {error.file}\nField:    {error.field}\n"
        f"Found:    {error.wanted}\nBuilder:  uv {error.found}\n\n"
        f"A build installs with the uv of the builder. Have that field allow its version, for\n"
        f'example "{_wider(error.wanted, error.found)}", or remove it. Another builder may have\n'
        f"the version that you ask for.",
    )


def _wider(wanted: str, found: str) -> str:
    """Return a range with both: the oldest version that is asked for, and the one that is there."""
    versions = re.findall(r"\d+(?:\.\d+)*", wanted)
    # Without the library that compares versions: this is imported where it may be missing.
    oldest = min((*versions, found), key=lambda text: [int(part) for part in text.split(".")])
    return f">={oldest}"
