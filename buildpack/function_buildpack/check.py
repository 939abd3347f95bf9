"""Sees that the function loads, with the runtime's own loader, as the first start would."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import names
from function_buildpack.cnb import layer_env
from function_buildpack.errors import FunctionUnloadable
from function_buildpack.process import Runner
from function_buildpack.project import Project
from function_buildpack.settings import Check

# What a start needs of the build's environment. The rest is the build's alone, credentials of
# package indexes among it.
_PASSED = ("PATH", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Loader:
    """The runtime's loader, in the image's Python environment."""

    run: Runner
    python: Path
    env: layer_env.LayerEnv

    def load(self, project: Project, check: Check, environ: Mapping[str, str]) -> None:
        """Import the function and, unless only that is asked for, call its new().

        :raises FunctionUnloadable: one of both failed.
        """
        passed = {name: environ[name] for name in _PASSED if name in environ}
        result = self.run(
            [self.python, "-m", names.RUNTIME_MODULE, "--check", check.value],
            environ=layer_env.apply(self.env, passed),
            cwd=project.folder,
        )
        if result.status != 0:
            # One error is shown, ours; the runtime's words are what was found.
            output = result.output.strip().removeprefix("ERROR: ")
            raise FunctionUnloadable(project.package, output)
