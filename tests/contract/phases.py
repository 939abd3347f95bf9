"""Runs bin/detect and bin/build like the lifecycle: with variables and folders."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

# What a user's environment may hold. None of it may reach the build's own Python or the image.
POISON = {
    "PYTHONPATH": "/invalid",
    "PYTHONHOME": "/invalid",
    "PYTHONSTARTUP": "/invalid",
    "VIRTUAL_ENV": "/invalid",
    "UV_PROJECT_ENVIRONMENT": "/invalid",
    "LD_LIBRARY_PATH": "/invalid",
    "CPATH": "/invalid",
}

# What uv needs to reach a package index from this machine, as it would from any other, and what
# measures the coverage of child processes (tools/python/coverage.sh).
_PASSED = (
    *("SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "UV_DEFAULT_INDEX"),
    *("COVERAGE_FILE", "COVERAGE_PROCESS_START"),
)


@dataclass(frozen=True)
class Phase:
    """The result of a phase."""

    status: int
    log: str


@dataclass(frozen=True)
class Workspace:
    """An application folder and a layers folder, as a lifecycle prepares them."""

    app: Path
    layers: Path

    @classmethod
    def create(cls, folder: Path, files: dict[str, str]) -> "Workspace":
        """Write the files of an application into a new workspace."""
        made = cls(folder / "workspace", folder / "layers")
        made.app.mkdir(parents=True)
        made.layers.mkdir()
        made.write(files)
        return made

    def write(self, files: dict[str, str]) -> None:
        """Write files of the application."""
        for name, content in files.items():
            path = self.app / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def run(self, phase: str, root: Path = ROOT / "buildpack", /, **environ: str) -> Phase:
        """Run `detect` or `build` in the application folder."""
        ended = subprocess.run(
            [root / "bin" / phase],
            cwd=self.app,
            env=self.variables(root, environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Phase(ended.returncode, ended.stdout)

    def kill(self, sent: signal.Signals, after: str, **environ: str) -> Phase:
        """Run `build` until a text is in the log, and send a signal to all of its processes."""
        root = ROOT / "buildpack"
        with subprocess.Popen(
            [root / "bin" / "build"],
            cwd=self.app,
            env=self.variables(root, environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            assert running.stdout
            log = ""
            while after not in log and (line := running.stdout.readline()):
                log += line
            os.killpg(running.pid, sent)
            log += running.stdout.read()
        return Phase(running.returncode, log)

    def variables(self, root: Path, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of a lifecycle, and write the files that they name."""
        plan = self.layers.parent / "plan.toml"
        plan.write_text("")
        platform = self.layers.parent / "platform"
        (platform / "env").mkdir(parents=True, exist_ok=True)
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "CNB_BUILDPACK_DIR": str(root),
            "CNB_PLATFORM_DIR": str(platform),
            "CNB_BUILD_PLAN_PATH": str(plan),
            "CNB_BP_PLAN_PATH": str(plan),
            "CNB_LAYERS_DIR": str(self.layers),
            "CNB_TARGET_OS": "linux",
            "CNB_TARGET_ARCH": "amd64",
            **{name: os.environ[name] for name in _PASSED if name in os.environ},
            **POISON,
            **environ,
        }

    def toml(self, name: str) -> dict[str, Any]:
        """Read a TOML file of the layers folder."""
        return tomllib.loads((self.layers / name).read_text())

    def launch_env(self, layer: str) -> dict[str, str]:
        """Read the files of a layer's launch environment."""
        folder = self.layers / layer / "env.launch"
        return {path.name: path.read_text() for path in folder.iterdir()}

    def python(self, code: str) -> str:
        """Run code in the function's environment and return what it prints."""
        python = self.layers / "dependencies" / "venv" / "bin" / "python"
        return subprocess.run(
            [python, "-c", code], cwd=self.app, check=True, text=True, stdout=subprocess.PIPE
        ).stdout.strip()


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files in a folder, and the targets of links."""
    return {
        str(path.relative_to(folder)): (
            bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
        )
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
