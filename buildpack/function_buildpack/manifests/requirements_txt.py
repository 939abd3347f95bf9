"""requirements.txt, interpreted as pip does."""

from pathlib import Path

from function_buildpack import constants
from function_buildpack.manifests.manifest import Installation, Manifest
from function_buildpack.source import local_packages, requirements_files
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.uv.origin import RequirementsOrigin


def read(project: Project, path: Path) -> Manifest:
    """Read the file."""
    lines = requirements_files.lines(requirements_files.read(path))
    return RequirementsTxt(project, {"lines": tuple(filter(None, lines))})


class RequirementsTxt(Manifest):
    """A list of requirements and options."""

    name = declared_in = constants.REQUIREMENTS

    def requirements(self, locked: object) -> list[str]:
        """Return the lines without hashes."""
        del locked
        return [line.partition(" --hash")[0] for line in self.content["lines"]]

    @property
    def is_pinned(self) -> bool:
        """Whether it has hashes. pip then requires them for all packages."""
        return any("--hash=" in line for line in self.content["lines"])

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the file, the files that it includes, the paths in it, and in local packages."""
        return local_packages.followed(local_packages.with_includes(self.path, around), around)

    def runs_backend(self, around: ReferenceResolver, named: set[Path]) -> bool:
        """Return whether it has the function's own project, with dynamic dependencies."""
        folder = self.project.folder
        return folder in named and local_packages.computes(folder, around)

    def install(self, wanted: Installation) -> None:
        """Install from it, or from a copy if uv would interpret it differently than pip."""
        uv = wanted.uv
        with requirements_files.for_uv(self.path, wanted.app, uv.environ) as read_:
            if read_.copies:  # uv's errors name the copies
                uv = uv.with_renamed_paths(read_.copies, wanted.app)
            options = [*wanted.options, *read_.options]
            uv.install(
                read_.path, self.project.folder, options, origin=RequirementsOrigin(self.path)
            )
