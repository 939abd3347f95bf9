"""An interpreter for the function: the images' own, which the build runs on, or one in a layer."""

import platform
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """An interpreter: where it is, and its full version, such as 3.13.5.

    `identity` tells one in a layer from the images' own of the same version.
    """

    path: Path
    version: str
    identity: str = ""

    @property
    def minor(self) -> str:
        """The version that decides whether bytecode and extension modules fit, such as 3.13."""
        return self.version.rpartition(".")[0]

    def bytecode(self, source: Path) -> Path:
        """Return where it looks for a source's bytecode (PEP 3147)."""
        name = f"{source.stem}.cpython-{self.minor.replace('.', '')}.pyc"
        return source.parent / "__pycache__" / name


def current() -> Interpreter:
    """Return the interpreter that runs this code, not the virtual environment around it."""
    path = Path(getattr(sys, "_base_executable", sys.executable))
    return Interpreter(path, platform.python_version())
