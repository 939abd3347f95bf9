"""The SBOMs of a program that Go built: the modules that the program itself names.

CycloneDX 1.6, SPDX 2.3 and Syft's own format: the lifecycle's exporter looks for all three, and
warns about each that is missing (phase/exporter.go of lifecycle 0.20.11). There is no serial number
and no date: the same program gives the same bytes (docs/adr/0008-sboms-without-a-library.md).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tools.console import Failure

_TOOL = "knative-python/tools"
# The date that buildpacks give to what has none.
_CREATED = "1980-01-01T00:00:01Z"
# The version of Syft's format with the fields that are written here.
_SYFT_SCHEMA = "16.0.0"
_SCHEMAS = "https://raw.githubusercontent.com/anchore/syft/main/schema/json"


@dataclass(frozen=True)
class Module:
    """A Go module in a program, or Go's standard library.

    :param checksum: as go.sum has it, without `h1:`; the standard library has none
    """

    path: str
    version: str
    checksum: str = ""

    @property
    def purl(self) -> str:
        """Return the package URL (https://github.com/package-url/purl-spec, type `golang`)."""
        version = self.version.removeprefix("go") if self.path == "stdlib" else self.version
        return f"pkg:golang/{quote(self.path)}@{quote(version, safe='')}"

    @property
    def sha256(self) -> str:
        """Return the checksum in hexadecimal digits.

        Of a list of the module's files, not of an archive; Syft and cyclonedx-gomod write it too.
        """
        return base64.b64decode(self.checksum).hex()


@dataclass(frozen=True)
class Program:
    """A program that Go built.

    :param package: the path of its main package
    :param modules: its own module first, then the others and the standard library
    """

    package: str
    modules: tuple[Module, ...]

    @property
    def name(self) -> str:
        """Return the program's name."""
        return self.package.rpartition("/")[2]

    @property
    def version(self) -> str:
        """Return the version of its module."""
        return self.modules[0].version


def read(printed: str) -> Program:
    """Read what `go version -m` prints of a program.

    :raises Failure: it does not name the program's package and module
    """
    first, *lines = printed.splitlines() or [""]
    facts = [line.split() for line in lines]
    packages = [words[1] for words in facts if words[:1] == ["path"]]
    modules = list[Module]()
    for words in facts:
        if words[:1] == ["=>"]:  # what stands in for the module of the line before
            modules.pop()
        if words[:1] in (["mod"], ["dep"], ["=>"]):
            path, version, *checksum = words[1:]
            modules.append(Module(path, version, "".join(checksum).removeprefix("h1:")))
    if not packages or not modules:
        raise Failure("`go version -m` names no modules", printed)
    stdlib = Module("stdlib", first.rpartition(": ")[2].split()[0])
    return Program(packages[0], (*modules, stdlib))


def documents(program: Program) -> dict[str, str]:
    """Return the SBOMs by the ends of their files' names."""
    tables = {
        "sbom.cdx.json": _cyclonedx(program),
        "sbom.spdx.json": _spdx(program),
        "sbom.syft.json": _syft(program),
    }
    return {end: json.dumps(table, indent=1) + "\n" for end, table in tables.items()}


def _cyclonedx(program: Program) -> dict[str, Any]:
    """https://cyclonedx.org/docs/1.6/json/."""
    application = {"type": "application", "bom-ref": program.package, "name": program.name}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": _TOOL}]},
            "component": {**application, "version": program.version},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": module.purl,
                "name": module.path,
                "version": module.version,
                **_if(module, {"hashes": [{"alg": "SHA-256", "content": module.sha256}]}),
                "purl": module.purl,
            }
            for module in program.modules
        ],
    }


def _spdx(program: Program) -> dict[str, Any]:
    """https://spdx.github.io/spdx-spec/v2.3/."""
    contents = " ".join([program.package, *(module.purl for module in program.modules)])
    digest = hashlib.sha256(contents.encode()).hexdigest()
    packages = [_spdx_package(module) for module in program.modules]
    own, *others = [package["SPDXID"] for package in packages]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": program.name,
        "documentNamespace": f"https://{program.package}/{program.version}/{digest}",
        "creationInfo": {"created": _CREATED, "creators": [f"Tool: {_TOOL}"]},
        "packages": packages,
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", own),
            *(_relation(own, "DEPENDS_ON", other) for other in others),
        ],
    }


def _spdx_package(module: Module) -> dict[str, Any]:
    sha256 = {"algorithm": "SHA256", "checksumValue": module.sha256}
    unknown = ("downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText")
    return {
        "SPDXID": f"SPDXRef-Package-{_identity(module)}",
        "name": module.path,
        "versionInfo": module.version,
        **dict.fromkeys(unknown, "NOASSERTION"),
        "filesAnalyzed": False,
        **_if(module, {"checksums": [sha256]}),
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": module.purl,
            }
        ],
    }


def _syft(program: Program) -> dict[str, Any]:
    """https://github.com/anchore/syft/tree/main/schema/json."""
    return {
        "artifacts": [_syft_package(program, module) for module in program.modules],
        "artifactRelationships": [],
        "source": {
            "id": _identity(program.modules[0]),
            "name": program.name,
            "version": program.version,
            "type": "file",
            "metadata": {"path": program.name},
        },
        "distro": {},
        "descriptor": {"name": _TOOL, "version": program.version},
        "schema": {
            "version": _SYFT_SCHEMA,
            "url": f"{_SCHEMAS}/schema-{_SYFT_SCHEMA}.json",
        },
    }


def _syft_package(program: Program, module: Module) -> dict[str, Any]:
    empty: dict[str, Any] = {"locations": [], "licenses": [], "cpes": []}
    return {
        "id": _identity(module),
        "name": module.path,
        "version": module.version,
        "type": "go-module",
        "foundBy": _TOOL,
        **empty,
        "language": "go",
        "purl": module.purl,
        "metadataType": "go-module-buildinfo-entry",
        "metadata": {
            "goCompiledVersion": program.modules[-1].version,
            "architecture": "",
            "mainModule": program.modules[0].path,
            **_if(module, {"h1Digest": f"h1:{module.checksum}"}),
        },
    }


def _relation(element: str, kind: str, related: str) -> dict[str, str]:
    return {
        "spdxElementId": element,
        "relationshipType": kind,
        "relatedSpdxElement": related,
    }


def _identity(module: Module) -> str:
    return hashlib.sha256(module.purl.encode()).hexdigest()[:16]


def _if(module: Module, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return facts about a module's checksum, if it has one."""
    return facts if module.checksum else {}
