"""setup.py and setup.cfg: what setuptools computes."""

from pathlib import Path

from function_buildpack import constants
from function_buildpack.manifests import pyproject_toml
from function_buildpack.manifests.manifest import Installation, Manifest, Selectable
from function_buildpack.source.local_packages import Surroundings
from function_buildpack.source.project import Project


def read(project: Project, path: Path) -> Manifest | None:
    """Return the file of setuptools that declares dependencies; setup.cfg may be of other tools."""
    if path.name != project.setup:
        return None
    return SetupPy(project) if path.name == constants.SETUP_PY else SetupCfg(project)


class SetupPy(Manifest):
    """setup.py, which setuptools runs."""

    name = asked_in = constants.SETUP_PY

    @property
    def selectable(self) -> Selectable:
        """The extras, which only setuptools knows."""
        return Selectable(extras=None)

    def asks_backend(self, around: Surroundings, named: set[Path]) -> bool:
        """Ask setuptools."""
        del around, named
        return True

    def install(self, wanted: Installation) -> None:
        """Have uv ask setuptools."""
        pyproject_toml.install(self, wanted)


class SetupCfg(SetupPy):
    """setup.cfg without setup.py."""

    name = asked_in = constants.SETUP_CFG

    def install(self, wanted: Installation) -> None:
        """Have uv ask setuptools."""
        if not self.project.has_pyproject:
            # Without it uv sees no project. An empty one names no backend, which means setuptools
            # (PEP 518); it is removed with what that leaves behind.
            self.project.pyproject_path.touch()
        super().install(wanted)
