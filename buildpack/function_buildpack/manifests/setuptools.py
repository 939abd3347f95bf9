"""setup.py and setup.cfg, whose dependencies setuptools computes."""

from pathlib import Path

from function_buildpack import constants
from function_buildpack.manifests import pyproject_toml
from function_buildpack.manifests.manifest import Installation, Manifest, Selectable
from function_buildpack.source.local_packages import Surroundings
from function_buildpack.source.project import Project


def read(project: Project, path: Path) -> Manifest | None:
    """Return the manifest, if setuptools uses this file. setup.cfg may be only for other tools."""
    if path.name != project.setup:
        return None
    return SetupPy(project) if path.name == constants.SETUP_PY else SetupCfg(project)


class SetupPy(Manifest):
    """setup.py, which setuptools runs."""

    name = asked_in = constants.SETUP_PY

    @property
    def selectable(self) -> Selectable:
        """Only setuptools knows the extras."""
        return Selectable(extras=None)

    def asks_backend(self, around: Surroundings, named: set[Path]) -> bool:
        """Return True."""
        del around, named
        return True

    def install(self, wanted: Installation) -> None:
        """Install the dependencies that setuptools reports to uv."""
        pyproject_toml.install(self, wanted)


class SetupCfg(SetupPy):
    """setup.cfg without setup.py."""

    name = asked_in = constants.SETUP_CFG

    def install(self, wanted: Installation) -> None:
        """Install the dependencies that setuptools reports to uv."""
        if not self.project.has_pyproject:
            # uv requires the file. An empty one means setuptools (PEP 518). build_traces.py
            # removes it after the installation.
            self.project.pyproject_path.touch()
        super().install(wanted)
