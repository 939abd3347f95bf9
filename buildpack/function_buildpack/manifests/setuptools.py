"""setup.py and setup.cfg, whose dependencies setuptools computes."""

from pathlib import Path

from function_buildpack import constants
from function_buildpack.manifests import pyproject_toml
from function_buildpack.manifests.manifest import Installation, Manifest, SelectionChoices
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project


def read(project: Project, path: Path) -> Manifest | None:
    """Return the manifest, if setuptools uses this file. setup.cfg may be only for other tools."""
    if path.name != project.setup:
        return None
    return SetupPy(project) if path.name == constants.SETUP_PY else SetupCfg(project)


class SetupPy(Manifest):
    """setup.py, which setuptools runs."""

    name = declared_in = constants.SETUP_PY

    @property
    def selectable(self) -> SelectionChoices:
        """Only setuptools knows the extras."""
        return SelectionChoices(extras=None)

    def runs_backend(self, around: ReferenceResolver, named: set[Path]) -> bool:
        """Return True."""
        del around, named
        return True

    def install(self, wanted: Installation) -> None:
        """Install the dependencies that setuptools reports to uv."""
        pyproject_toml.install(self, wanted)


class SetupCfg(SetupPy):
    """setup.cfg without setup.py."""

    name = declared_in = constants.SETUP_CFG

    def install(self, wanted: Installation) -> None:
        """Install the dependencies that setuptools reports to uv."""
        if not self.project.has_pyproject:
            # uv requires the file. An empty one means setuptools (PEP 518). build_traces.py
            # removes it after the installation.
            self.project.pyproject_path.touch()
        super().install(wanted)
