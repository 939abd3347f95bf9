"""The file that requirements were made from."""

from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack.source.settings import Selection


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
