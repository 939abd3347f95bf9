"""What the build image can lack."""

from dataclasses import dataclass

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class ToolMissing(BuildpackError):
    """A program that the build needs is not on the build image's PATH."""

    name: str


@dataclass(eq=False)
class ToolsUnavailable(BuildpackError):
    """pip ended with `status` when it installed what the build runs on; its words are above."""

    requirements: str
    status: int


@dataclass(eq=False)
class DownloadDamaged(BuildpackError):
    """A file of the package index has another SHA-256 than the one that is pinned."""

    file: str
    expected: str
    found: str


@dataclass(eq=False)
class UvUnfit(BuildpackError):
    """A field of a file asks for `wanted`, and the build has uv `found`."""

    file: str
    field: str
    wanted: str
    found: str


@dataclass(eq=False)
class DiskFull(BuildpackError):
    """There is no room left where something was to be written."""

    explanation: str
