"""An invented format of manifest: a package's name and version on each line."""

from pathlib import Path

from function_buildpack.manifests import requirement_lines
from function_buildpack.manifests.manifest import Installation, Manifest
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.uv.origin import RequirementsOrigin


def read(project: Project, path: Path) -> Manifest:
    """Read the file."""
    return MadeUp(project, {"lines": path.read_text().splitlines()})


class MadeUp(Manifest):
    """packages.list."""

    name = declared_in = "packages.list"

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the file."""
        del around
        return {self.path}

    def install(self, wanted: Installation) -> None:
        """Install its packages."""
        lines = [line.replace(" ", "==") for line in self.content["lines"]]
        with requirement_lines.written(lines) as requirements:
            origin = RequirementsOrigin(self.path)
            wanted.uv.install(requirements, self.project.folder, wanted.options, origin=origin)
