"""An interpreter for the function: the images' Python, which runs the build, or one in a layer."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """An interpreter: its path, and its full version, such as 3.13.5.

    `identity` is uv's key for a Python in a layer, and empty for the images' Python.
    """

    path: Path
    version: str
    identity: str = ""

    @property
    def minor(self) -> str:
        """The minor version, such as 3.13, on which bytecode and extension modules depend."""
        return self.version.rpartition(".")[0]

    def bytecode(self, source: Path) -> Path:
        """Return the path of a source's bytecode (PEP 3147)."""
        name = f"{source.stem}.cpython-{self.minor.replace('.', '')}.pyc"
        return source.parent / "__pycache__" / name


def current() -> Interpreter:
    """Return the interpreter that runs this code, not that of a virtual environment."""
    path = Path(getattr(sys, "_base_executable", sys.executable))
    return Interpreter(path, platform.python_version())
