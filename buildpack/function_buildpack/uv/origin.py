"""The file that a list of requirements was made from."""

from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack.source.settings import Selection


@dataclass(frozen=True)
class RequirementsOrigin:
    """The file that a list of requirements was made from, because uv does not read it itself.

    The requirements are for `selection`. `again` is the command of the file's own tool for the same
    installation. `exported_by` is the command that wrote the requirements. `index_variables` is the
    start of the variables with credentials of a named index.
    """

    path: Path
    selection: Selection = field(default_factory=Selection)
    again: str = ""
    exported_by: tuple[str, ...] = ()
    index_variables: str = "UV_INDEX"
