"""The SBOM of an image, from what Debian's packages say of themselves.

CycloneDX 1.6; no serial number and no date: the same packages give the same bytes
(docs/adr/0008-sboms-without-a-library.md).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

FORMAT = re.compile(r"Format: https?://www\.debian\.org/doc/packaging-manuals/copyright-format")
# A short name, or several with `and`, `or` and commas between them (copyright-format 1.0, 7.2).
LICENSE = re.compile(r"^License: *(\S.*?) *$", re.MULTILINE)


def sbom(image: str, suite: str, debian: str, architecture: str, folder: Path) -> str:
    """Return the SBOM of an image.

    :param folder: has `packages` (name, version and SHA-256 of each), `metadata/status` (their
        control files) and `metadata/doc/<name>/copyright`
    """
    metadata = folder / "metadata"
    lines = (folder / "packages").read_text().splitlines()
    hashes = {
        f"{name} {version}": sha256 for name, version, sha256 in (line.split() for line in lines)
    }
    components = [
        component(control, hashes, f"{control['Architecture']}&distro=debian-{debian}", metadata)
        for control in controls(metadata / "status")
    ]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "knative-python/stack"}]},
            "component": {
                "type": "container",
                "name": image,
                "version": suite,
                "bom-ref": f"{image}:{suite}-{architecture}",
            },
        },
        "components": [
            {
                "type": "operating-system",
                "bom-ref": f"debian-{debian}",
                "name": "debian",
                "version": debian,
            },
            *sorted(components, key=lambda item: str(item["purl"])),
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def controls(status: Path) -> Iterator[dict[str, str]]:
    """Read the paragraphs of control files (deb-control(5))."""
    for paragraph in status.read_text().split("\n\n"):
        unfolded = re.sub(r"\n[ \t]+", " ", paragraph.strip())
        fields = dict(line.split(":", 1) for line in unfolded.splitlines() if ":" in line)
        if fields:
            yield {name: value.strip() for name, value in fields.items()}


def component(
    control: dict[str, str], hashes: dict[str, str], qualifiers: str, metadata: Path
) -> dict[str, Any]:
    """Describe a package; its name to everybody else is its package URL (purl, type `deb`)."""
    name, version = control["Package"], control["Version"]
    source, source_version = source_of(control)
    upstream = quote(source if source_version == version else f"{source}@{source_version}")
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={qualifiers}&upstream={upstream}"
    table: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "supplier": {"name": control["Maintainer"]},
        "name": name,
        "version": version,
        "hashes": [{"alg": "SHA-256", "content": hashes[f"{name} {version}"]}],
        "purl": purl,
    }
    if found := licenses(metadata / "doc" / name / "copyright"):
        table["licenses"] = [{"license": {"name": license_}} for license_ in found]
    return table


def source_of(control: dict[str, str]) -> tuple[str, str]:
    """Return the source package and its version, by which advisories speak."""
    name, _, version = control.get("Source", control["Package"]).partition(" ")
    return name, version.strip("()") or control["Version"]


def licenses(copyright_file: Path) -> list[str]:
    """Return the licenses that a copyright file names, if a machine can read it."""
    if not copyright_file.exists():
        return []
    text = copyright_file.read_text(errors="replace")
    return sorted(set(LICENSE.findall(text))) if FORMAT.match(text) else []
