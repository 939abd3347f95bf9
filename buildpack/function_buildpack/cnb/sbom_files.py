"""The files of a software bill of materials, by what they describe and their format.

Buildpack specification, "Software-Bill-of-Materials". Every format that is written is declared in
buildpack.toml (`sbom-formats`), or the lifecycle fails the build.
"""

from collections.abc import Mapping
from pathlib import Path

# By the format's file extension: "cdx" for CycloneDX, "spdx" for SPDX.
Sboms = Mapping[str, bytes]


def write(layers: Path, subject: str, sboms: Sboms) -> None:
    """Write the files. The subject is a layer, or `launch` for what the whole image has."""
    for extension, content in sboms.items():
        (layers / f"{subject}.sbom.{extension}.json").write_bytes(content)


def read(layers: Path, subject: str) -> Sboms:
    """Return what an earlier build has written."""
    found = layers.glob(f"{subject}.sbom.*.json")
    return {path.name.split(".")[-2]: path.read_bytes() for path in found}


def remove(layers: Path, subject: str) -> None:
    """Remove the files that an earlier build has left."""
    for path in layers.glob(f"{subject}.sbom.*.json"):
        path.unlink()
