"""Messages for problems of the build image and the machine that builds."""

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
    """Describe what no step handles: a path that is too long, a disk that fails or is full."""
    # shutil collects one error for each file, and has the number only in the text.
    if f"[Errno {errno.ENOSPC}]" in str(error):
        where = f" ({printable.line(str(error.filename))})" if error.filename else ""
        return describe(DiskFull(f"No space left on device{where}"))
    return Message(
        "A file or folder cannot be used",
        f"File:     {printable.line(str(error.filename or 'unknown'))}\n"
        f"Found:    {printable.line(error.strerror or str(error))}\n\n"
        f"If it is a file of the source, check it, or exclude it from the build (project.toml,\n"
        f".funcignore). Otherwise check the disk of the machine that builds.",
    )


@describe.register
def _lifecycle_missing(error: LifecycleMissing) -> Message:
    return Message(
        "This phase was not started by a lifecycle",
        f"Missing:  the variable {error}\n\n"
        f"A lifecycle runs bin/detect and bin/build, and sets variables with their folders\n"
        f"(Buildpack API 0.10, lifecycle 0.17 or newer). Use pack build, or the lifecycle of your\n"
        f"platform.",
    )


@describe.register
def _disk_full(error: DiskFull) -> Message:
    return Message(
        "The disk is full",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"The build needs space for layers, the cache and temporary files. Free some space\n"
        f"(docker system df shows what Docker uses), or give the build a larger volume.",
    )


@describe.register
def _tool_missing(error: ToolMissing) -> Message:
    return Message(
        "The build image lacks a program that the build needs",
        f"Missing:  {error.name}\n\n"
        f"Use this buildpack's builder, or install the program on the PATH of your build image.",
    )


@describe.register
def _tools_unavailable(error: ToolsUnavailable) -> Message:
    return Message(
        "The build tools could not be installed",
        f"File:     {error.requirements}\nFound:    pip exited with status {error.status}; its"
        f" output is above\n\n{NETWORK}\n\n"
        f"Or use this buildpack's builder, which has all build tools.",
    )


@describe.register
def _download_damaged(error: DownloadDamaged) -> Message:
    return Message(
        "A downloaded file does not match its pinned hash",
        f"File:     {error.file}\nExpected: SHA-256 {error.expected}\n"
        f"Found:    SHA-256 {error.found}\n\n"
        f"The build did not use the file. Check whether a proxy or a mirror changes files.",
    )


@describe.register
def _uv_unfit(error: UvUnfit) -> Message:
    return Message(
        "The project requires another version of uv",
        f"File:     {error.file}\nField:    {error.field}\n"
        f"Found:    {error.wanted}\nBuilder:  uv {error.found}\n\n"
        f"The build installs with the builder's uv. Allow its version in that field, for example\n"
        f'"{_wider(error.wanted, error.found)}", or remove the field. Or use a builder with the\n'
        f"required version.",
    )


def _wider(wanted: str, found: str) -> str:
    """Return a range that includes both the oldest required version and the builder's."""
    versions = re.findall(r"\d+(?:\.\d+)*", wanted)
    # Not with packaging, which may be missing where this is imported.
    oldest = min((*versions, found), key=lambda text: [int(part) for part in text.split(".")])
    return f">={oldest}"
