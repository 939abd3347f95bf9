"""The input of a phase from the lifecycle: folders, target and environment.

It is read from CNB_* variables. The positional arguments are deprecated since API 0.8.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BINDINGS = Path("/platform/bindings")


class LifecycleMissing(Exception):
    """A variable that the lifecycle sets for a phase is missing. The argument is its name."""


@dataclass(frozen=True)
class Target:
    """The platform that the image is built for (buildpack specification, "Targets")."""

    os: str
    arch: str
    distro_name: str
    distro_version: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Target":
        """Read CNB_TARGET_*. A lifecycle before Platform API 0.12 sets none of them."""
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
        return cls(
            os=environ.get("CNB_TARGET_OS", "linux"),
            arch=environ.get("CNB_TARGET_ARCH", machine),
            distro_name=environ.get("CNB_TARGET_DISTRO_NAME", ""),
            distro_version=environ.get("CNB_TARGET_DISTRO_VERSION", ""),
        )

    @property
    def described(self) -> str:
        """The platform as text."""
        return f"{self.os}/{self.arch} {self.distro_name} {self.distro_version}".strip()


@dataclass(frozen=True)
class DetectContext:
    """The input of the detect phase."""

    app: Path
    environ: Mapping[str, str]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], cwd: Path) -> "DetectContext":
        """Read the context. The working directory is the application folder."""
        return cls(app=cwd, environ=environ)


@dataclass(frozen=True)
class BuildContext:
    """The input of the build phase."""

    app: Path
    layers: Path
    target: Target
    environ: Mapping[str, str]
    bindings: Path = _BINDINGS
    platform: Path = _BINDINGS.parent

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], cwd: Path) -> "BuildContext":
        """Read the context. The working directory is the application folder.

        :raises LifecycleMissing: CNB_LAYERS_DIR is not set.
        """
        if not (layers := environ.get("CNB_LAYERS_DIR")):
            raise LifecycleMissing("CNB_LAYERS_DIR")
        return cls(
            app=cwd,
            layers=Path(layers),
            target=Target.from_environ(environ),
            environ=environ,
            bindings=_bindings(environ),
            platform=Path(environ.get("CNB_PLATFORM_DIR", _BINDINGS.parent)),
        )


def _bindings(environ: Mapping[str, str]) -> Path:
    """Return the folder of service bindings (servicebinding.io, "Workload Projection").

    Platforms mount it at `<platform>/bindings` (extension "Service Bindings").
    """
    if root := environ.get("SERVICE_BINDING_ROOT"):
        return Path(root)
    own = Path(environ.get("CNB_PLATFORM_DIR", _BINDINGS.parent)) / "bindings"
    return own if own.is_dir() else _BINDINGS
