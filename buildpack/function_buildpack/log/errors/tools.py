"""Errors of the build image and the machine that builds."""

from dataclasses import dataclass

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class ToolMissing(BuildpackError):
    """A program that the build needs is not on the build image's PATH."""

    name: str


@dataclass(eq=False)
class ToolsUnavailable(BuildpackError):
    """pip failed with `status` to install the build tools. Its output is in the log."""

    requirements: str
    status: int


@dataclass(eq=False)
class DownloadDamaged(BuildpackError):
    """A downloaded file does not match its pinned SHA-256."""

    file: str
    expected: str
    found: str


@dataclass(eq=False)
class UvUnfit(BuildpackError):
    """A field of a file requires uv `wanted`, and the build has `found`."""

    file: str
    field: str
    wanted: str
    found: str


@dataclass(eq=False)
class DiskFull(BuildpackError):
    """A disk has no space left."""

    explanation: str
