"""The files of a managed Python in the image."""

from pathlib import Path

import pytest

from function_buildpack.cnb.layers import Layers
from function_buildpack.layers.python import python_layer
from function_buildpack.layers.python.python_layer import ManagedPython
from function_buildpack.uv.pythons import Download
from unit.function_buildpack import native

KEY = "cpython-3.11.11-linux-x86_64-gnu"
FILES = {
    "lib/libpython3.11.so.1.0": b"",
    "lib/python3.11/os.py": b"",
    "lib/python3.11/tkinter/__init__.py": b"",
    "lib/python3.11/site-packages/pip/__init__.py": b"",
    "include/python3.11/Python.h": b"",
}
LIBRARY = "lib/libpython3.11.so.1.0"


@pytest.mark.parametrize(
    ("program", "kept"),
    [
        (native.image(("$ORIGIN/../lib/libpython3.11.so.1.0", "libc.so.6")), {LIBRARY}),
        (native.image(("libc.so.6",)), set()),
    ],
    ids=["dynamic", "static"],
)
def test_trim(tmp_path: Path, program: bytes, kept: set[str]) -> None:
    """Needless files are deleted. Python's library stays if the program needs it."""
    made = managed(tmp_path, {**FILES, "bin/python3.11": program})

    made.trim()

    left = {str(path.relative_to(made.root)) for path in made.root.rglob("*") if path.is_file()}
    assert {"bin/python3.11", "lib/python3.11/os.py"} | kept == left


def managed(folder: Path, files: dict[str, bytes]) -> ManagedPython:
    """Write a Python as uv installs it."""
    layers = Layers(folder)
    archives = layers.existing("archives", python_layer.ArchiveMetadata())
    layer = layers.existing("cpython", python_layer.ArchiveMetadata())
    native.write(layer.path / KEY, files)
    return ManagedPython(layer, archives, Download(KEY, "3.11.11", "x.tar.gz"), reused=False)
