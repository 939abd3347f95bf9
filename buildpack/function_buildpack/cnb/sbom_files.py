"""The files of software bills of materials (buildpack specification, "Software-Bill-of-Materials").

buildpack.toml must declare all formats (`sbom-formats`), or the lifecycle fails the build.
"""

from collections.abc import Mapping
from pathlib import Path

# By the format's file extension: "cdx" for CycloneDX, "spdx" for SPDX.
Sboms = Mapping[str, bytes]


def write(layers: Path, subject: str, sboms: Sboms) -> None:
    """Write the files. The subject is a layer, or `launch` for the whole image."""
    for extension, content in sboms.items():
        (layers / f"{subject}.sbom.{extension}.json").write_bytes(content)


def read(layers: Path, subject: str) -> Sboms:
    """Return the restored files."""
    found = layers.glob(f"{subject}.sbom.*.json")
    return {path.name.split(".")[-2]: path.read_bytes() for path in found}


def remove(layers: Path, subject: str) -> None:
    """Remove the restored files."""
    for path in layers.glob(f"{subject}.sbom.*.json"):
        path.unlink()
