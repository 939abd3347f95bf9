"""Writes a software bill of materials: the packages of a layer, their origins and licenses.

CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), without a serial number and a date, so that
the same contents have the same bytes. docs/adr/0008-sboms-without-a-library.md explains why there
is no library for it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from function_buildpack.cnb.sbom_files import Sboms
from function_buildpack.image import licenses
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.image.distributions import Distribution
from function_buildpack.image.licenses import License

_FORMAT = "cdx"
_TOOL = "knative-python/function"


@dataclass(frozen=True)
class Component:
    """A part of a layer. The package URL (purl) identifies it."""

    name: str
    version: str
    purl: str
    license: License
    kind: str = "library"
    sha256: str = ""
    cpe: str = ""


def document(components: Iterable[Component]) -> Sboms:
    """Return documents with the components, one for each format."""
    table = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": _TOOL}]}},
        "components": [_table(item) for item in sorted(components, key=lambda item: item.purl)],
    }
    return {_FORMAT: json.dumps(table, indent=1, ensure_ascii=False).encode() + b"\n"}


def versions(sboms: Sboms) -> dict[str, str]:
    """Return name → version of a document's components. Empty if the document is unreadable."""
    try:
        components = json.loads(sboms.get(_FORMAT, b"{}"))["components"]
        return {item["name"]: item["version"] for item in components}
    except (ValueError, KeyError, TypeError):
        return {}


def packages(installed: Iterable[Distribution], artifacts: Artifacts) -> list[Component]:
    """Return Python packages as components. `artifacts` has the hashes of their files."""
    return [
        Component(
            item.name,
            item.version,
            _purl(item),
            item.license,
            sha256=item.origin.sha256 if item.origin else artifacts.sha256_of(item),
        )
        for item in installed
    ]


def interpreter(version: str) -> Component:
    """Return CPython as a component, with the names that vulnerability scanners use."""
    return Component(
        "python",
        version,
        f"pkg:generic/python@{quote(version)}",
        License("Python-2.0"),
        kind="application",
        cpe=f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
    )


def own(name: str, version: str, expression: str) -> Component:
    """Return a part of this buildpack as a component. It is in no package index."""
    purl = f"pkg:generic/{quote(name)}@{quote(version)}"
    return Component(name, version, purl, License(expression))


def _purl(package: Distribution) -> str:
    """Return the package URL (https://github.com/package-url/purl-spec, type `pypi`).

    A package from a local folder has no `pypi` URL, even if an index has a package of its name.
    """
    origin = package.origin
    kind = "generic" if origin and not origin.address else "pypi"
    name = package.name.lower().replace("_", "-")
    purl = f"pkg:{kind}/{quote(name)}@{quote(package.version)}"
    if not origin or not origin.address:
        return purl
    if origin.commit:
        return f"{purl}?vcs_url={quote(f'{origin.address}@{origin.commit}', safe=':/')}"
    return f"{purl}?download_url={quote(origin.address, safe=':/')}"


def _table(component: Component) -> dict[str, Any]:
    table: dict[str, Any] = {
        "type": component.kind,
        "bom-ref": component.purl,
        "name": component.name,
        "version": component.version,
    }
    if component.sha256:
        table["hashes"] = [{"alg": "SHA-256", "content": component.sha256}]
    if found := _licenses(component.license):
        table["licenses"] = found
    if component.cpe:
        table["cpe"] = component.cpe
    return table | {"purl": component.purl}


def _licenses(license_: License) -> list[dict[str, Any]]:
    if license_.expression:
        return [{"expression": license_.expression}]
    return [
        {"license": {"id" if licenses.expression(name) == name else "name": name}}
        for name in license_.names
    ]
