"""The python layer: a CPython that uv installs, for functions that the images' own does not fit.

What is launched is not cached: the Python is kept in one file beside it, as the packages of other
layers are (archives.py). Every build needs it in its place, to install and to check with; where the
image has the layer already, it is taken away again at the end.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from function_buildpack import constants
from function_buildpack.cnb.context import Target
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Empty, Layer, Layers, Restored, Types
from function_buildpack.image import bytecode, sbom
from function_buildpack.layers.python.python_versions import minor
from function_buildpack.log.errors.python import PythonUninstalled
from function_buildpack.log.errors.tools import ToolMissing
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner
from function_buildpack.uv import pythons
from function_buildpack.uv.client import Uv
from function_buildpack.uv.pythons import Download

# Its OpenSSL looks for certificates in other places than Debian has them.
_ENV: LayerEnv = (Change("SSL_CERT_FILE", Behaviour.DEFAULT, "/etc/ssl/certs/ca-certificates.crt"),)

# What a start does not need: pip, Tk, documentation; and headers, which only builds of packages do.
_UNNEEDED = (
    *("bin/idle*", "bin/pip*", "bin/pydoc*", "bin/python*-config", "include", "share/man"),
    *("lib/itcl*", "lib/libtcl*", "lib/libtk*", "lib/pkgconfig", "lib/tcl*"),
    *("lib/tk*", "lib/thread*"),
)
_UNNEEDED_MODULES = (
    *("config-*", "ensurepip", "idlelib", "lib-dynload/_tkinter*", "site-packages/*", "test"),
    *("tkinter", "turtle.py", "__pycache__/turtle.*", "turtledemo"),
)
# For programs that embed Python. Builds from before 2025 need it for their own.
_LIBRARY = "lib/libpython*"


@dataclass(frozen=True)
class Metadata:
    """All that decides the layer's contents."""

    python: str
    file: str
    platform: str
    uv: str


@dataclass(frozen=True)
class ArchiveMetadata:
    """Nothing: the archive's name tells what it holds."""


class Python(Protocol):
    """The Python that the function gets."""

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter."""
        ...

    @property
    def env(self) -> LayerEnv:
        """What the image's environment gets."""
        ...

    def trim(self) -> None:
        """Take away what the image does not need, once nothing is installed any more."""
        ...

    def keep(self) -> None:
        """Have it exported."""
        ...


@dataclass(frozen=True)
class OfImages:
    """The one that build and run image have: it is no layer."""

    interpreter: Interpreter
    env: LayerEnv = ()

    def trim(self) -> None:
        """Leave it as it is."""

    def keep(self) -> None:
        """Leave it where it is."""


@dataclass(frozen=True)
class Managed:
    """One in the layer, and whether the earlier image has that."""

    layer: Layer
    archives: Layer
    download: Download
    reused: bool
    env: LayerEnv = _ENV

    @property
    def root(self) -> Path:
        """The folder that uv has installed to: not the layer's root, whose lib/ is special."""
        return self.layer.path / self.download.key

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter."""
        version = self.download.version
        path = self.root / "bin" / f"python{minor(version)}"
        return Interpreter(path, version, identity=self.download.key)

    def trim(self) -> None:
        """Take away what the image does not need."""
        modules = self.root / "lib" / f"python{self.interpreter.minor}"
        unneeded = _UNNEEDED if self._needs_library else (*_UNNEEDED, _LIBRARY)
        found = [path for pattern in unneeded for path in self.root.glob(pattern)]
        found += [path for pattern in _UNNEEDED_MODULES for path in modules.glob(pattern)]
        for path in found:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    @property
    def _needs_library(self) -> bool:
        from function_buildpack.checks import elf  # noqa: PLC0415 -- for few functions

        program = elf.read(self.interpreter.path)
        return program is not None and any("libpython" in name for name in program.needed)

    def keep(self) -> None:
        """Have the layer exported, and its archive cached."""
        if self.reused:
            shutil.rmtree(self.layer.path)
        self.layer.keep(Types(launch=True), self.env)
        self.archives.keep(Types(cache=True))


def metadata(download: Download, target: Target, uv_version: str) -> Metadata:
    """Collect what decides the contents."""
    platform = f"{target.os}/{target.arch}"
    return Metadata(download.key, download.file, platform, uv_version)


def restore(layers: Layers, wanted: Metadata) -> Restored | Empty:
    """Return the layer of an earlier build if its Python can be had again, else an emptied one."""
    archives = _archives(layers)
    return layers.restored(constants.PYTHON, wanted, lambda layer: _of(layer, archives).is_file())


def reuse(layers: Layers, layer: Layer, download: Download) -> Managed:
    """Put the Python of an earlier build back into its place."""
    archives = _archives(layers)
    shutil.unpack_archive(_of(layer, archives), layer.path)
    return Managed(layer, archives, download, reused=True)


def install(layers: Layers, layer: Layer, download: Download, uv: Uv) -> Managed:
    """Fill the layer.

    :raises PythonUninstalled: the Python could not be fetched, or does not start.
    """
    archives = layers.fresh(constants.PYTHON_ARCHIVE, ArchiveMetadata())
    made = Managed(layer, archives, download, reused=False)
    pythons.install(uv, download, layer.path)
    for path in layer.path.iterdir():  # uv's lock, its temporary folder, a link for upgrades
        if path != made.root:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    _see_started(made, uv.run)
    # Not by uv, whose workers share the files out as they come: here each is compiled in order.
    bytecode.compile_sources(sorted(made.root.rglob("*.py")), made.interpreter, uv.run)
    shutil.make_archive(str(_of(layer, archives).with_suffix("")), "tar", layer.path, download.key)
    layer.describe(sbom.document([sbom.interpreter(download.version)]))
    return made


def _see_started(made: Managed, run: Runner) -> None:
    """See that a Python is for this machine: a mirror may have anything under its name."""
    path = made.interpreter.path
    try:
        started = run([path, "-I", "-S", "-c", ""], environ={}, cwd=made.layer.path)
    except (OSError, ToolMissing) as error:
        raise PythonUninstalled(made.download.key, f"It does not start: {error}") from error
    if started.status != 0:
        said = started.output.strip() or f"status {started.status}"
        raise PythonUninstalled(made.download.key, f"It does not start: {said}")


def _archives(layers: Layers) -> Layer:
    return layers.there(constants.PYTHON_ARCHIVE, ArchiveMetadata())


def _of(layer: Layer, archives: Layer) -> Path:
    return archives.path / f"{layer.key}.tar"
