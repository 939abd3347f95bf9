"""What an installation gets: what asks for the packages, and where they come from."""

from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack import constants
from function_buildpack.source.settings import Selection


@dataclass(frozen=True)
class PackageSource:
    """Where packages come from: indexes, or without any a folder of wheels.

    `no_index` is the setting because of which no index is asked; empty if indexes are.
    """

    no_index: str = ""
    wheels: Path | None = None

    @classmethod
    def folder(cls, wheels: Path) -> "PackageSource":
        """Return a folder of wheels in the place of all indexes."""
        return cls(constants.WHEELS, wheels)

    @property
    def options(self) -> list[str | Path]:
        """The options for it, which uv and pip have in common."""
        links: list[str | Path] = ["--find-links", self.wheels] if self.wheels else []
        return ["--no-index", *links] if self.no_index else links


@dataclass(frozen=True)
class Origin:
    """The file that requirements were made from, where uv does not read it itself.

    `selection` has been applied to it. `again` is the command of its own tool that installs the
    same; `exported_by` made the requirements. Variables of `index_variables` have the credentials
    of a named index.
    """

    path: Path
    selection: Selection = field(default_factory=Selection)
    again: str = ""
    exported_by: tuple[str, ...] = ()
    index_variables: str = "UV_INDEX"
