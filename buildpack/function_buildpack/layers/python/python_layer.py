"""The Python layer: a CPython that uv installs, for functions that cannot use the run image's.

The layer is not cached. One archive in a cached layer has its contents, as for other layers
(archives.py). Every build needs the files, to install and check the function. If the image has the
layer already, they are deleted at the end.
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

# Its OpenSSL does not look for certificates where Debian has them.
_ENV: LayerEnv = (Change("SSL_CERT_FILE", Behaviour.DEFAULT, "/etc/ssl/certs/ca-certificates.crt"),)

# Files that a start does not need: pip, Tk, documentation, and headers for builds of packages.
_UNNEEDED = (
    *("bin/idle*", "bin/pip*", "bin/pydoc*", "bin/python*-config", "include", "share/man"),
    *("lib/itcl*", "lib/libtcl*", "lib/libtk*", "lib/pkgconfig", "lib/tcl*"),
    *("lib/tk*", "lib/thread*"),
)
_UNNEEDED_MODULES = (
    *("config-*", "ensurepip", "idlelib", "lib-dynload/_tkinter*", "site-packages/*", "test"),
    *("tkinter", "turtle.py", "__pycache__/turtle.*", "turtledemo"),
)
# For programs that embed Python. In builds from before 2025, the interpreter needs it itself.
_LIBRARY = "lib/libpython*"


@dataclass(frozen=True)
class Metadata:
    """Everything that decides the layer's contents."""

    python: str
    file: str
    platform: str
    uv: str


@dataclass(frozen=True)
class ArchiveMetadata:
    """Empty: the name of the archive has the key of its layer."""


class Python(Protocol):
    """The Python of the function: the images' or one in a layer."""

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter."""
        ...

    @property
    def env(self) -> LayerEnv:
        """Changes to the image's environment."""
        ...

    def trim(self) -> None:
        """Delete what the image does not need, after the last installation."""
        ...

    def keep(self) -> None:
        """Write `<layer>.toml`, so that the lifecycle exports the layer."""
        ...


@dataclass(frozen=True)
class SystemPython:
    """The Python of the build and run image, without a layer."""

    interpreter: Interpreter
    env: LayerEnv = ()

    def trim(self) -> None:
        """Do nothing."""

    def keep(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class ManagedPython:
    """A Python in a layer. `reused` means that the earlier image has the layer."""

    layer: Layer
    archives: Layer
    download: Download
    reused: bool
    env: LayerEnv = _ENV

    @property
    def root(self) -> Path:
        """The folder of the installation. Not the layer's root, whose lib/ is special."""
        return self.layer.path / self.download.key

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter."""
        version = self.download.version
        path = self.root / "bin" / f"python{minor(version)}"
        return Interpreter(path, version, identity=self.download.key)

    def trim(self) -> None:
        """Delete what the image does not need."""
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
        """Write `<layer>.toml` of the layer and of its archive."""
        if self.reused:
            shutil.rmtree(self.layer.path)
        self.layer.keep(Types(launch=True), self.env)
        self.archives.keep(Types(cache=True))


def metadata(download: Download, target: Target, uv_version: str) -> Metadata:
    """Return everything that decides the contents."""
    platform = f"{target.os}/{target.arch}"
    return Metadata(download.key, download.file, platform, uv_version)


def restore(layers: Layers, wanted: Metadata) -> Restored | Empty:
    """Return the layer of an earlier build if there is an archive of it, else an emptied one."""
    archives = _archives(layers)
    return layers.restored(constants.PYTHON, wanted, lambda layer: _of(layer, archives).is_file())


def reuse(layers: Layers, layer: Layer, download: Download) -> ManagedPython:
    """Unpack the Python of an earlier build."""
    archives = _archives(layers)
    shutil.unpack_archive(_of(layer, archives), layer.path)
    return ManagedPython(layer, archives, download, reused=True)


def install(layers: Layers, layer: Layer, download: Download, uv: Uv) -> ManagedPython:
    """Fill the layer.

    :raises PythonUninstalled: the Python could not be downloaded, or does not start.
    """
    archives = layers.fresh(constants.PYTHON_ARCHIVE, ArchiveMetadata())
    made = ManagedPython(layer, archives, download, reused=False)
    pythons.install(uv, download, layer.path)
    for path in layer.path.iterdir():  # a lock, a temporary folder, a link for upgrades
        if path != made.root:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    _check_starts(made, uv.run)
    # Not by uv, which compiles the files in no fixed order.
    bytecode.compile_sources(sorted(made.root.rglob("*.py")), made.interpreter, uv.run)
    shutil.make_archive(str(_of(layer, archives).with_suffix("")), "tar", layer.path, download.key)
    layer.describe(sbom.document([sbom.interpreter(download.version)]))
    return made


def _check_starts(made: ManagedPython, run: Runner) -> None:
    """Check that a Python starts here: a mirror may have a wrong file under its name."""
    path = made.interpreter.path
    try:
        started = run([path, "-I", "-S", "-c", ""], environ={}, cwd=made.layer.path)
    except (OSError, ToolMissing) as error:
        raise PythonUninstalled(made.download.key, f"It does not start: {error}") from error
    if started.status != 0:
        said = started.output.strip() or f"status {started.status}"
        raise PythonUninstalled(made.download.key, f"It does not start: {said}")


def _archives(layers: Layers) -> Layer:
    return layers.existing(constants.PYTHON_ARCHIVE, ArchiveMetadata())


def _of(layer: Layer, archives: Layer) -> Path:
    return archives.path / f"{layer.key}.tar"
