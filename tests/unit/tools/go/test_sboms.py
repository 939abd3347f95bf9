"""The SBOMs of a Go program."""

import json
import re
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.console import Failure
from tools.go import sboms
from tools.go.sboms import Module, Program

_OWN = Module(
    "github.com/buildpacks/lifecycle", "v0.20.11", "lr8smVyW59HvkdJj7H3rYbfiNT7ndkV4cV2lQiOnCuo="
)
_DEP = Module("example.org/a", "v1.5.0+incompatible")
_STDLIB = Module("stdlib", "go1.26.8")
PROGRAM = Program("github.com/buildpacks/lifecycle/cmd/launcher", (_OWN, _DEP, _STDLIB))

# What `go version -m` prints; the module example.org/b is replaced.
PRINTED = f"""\
/a b/launcher: go1.26.8 X:nocoverageredesign
\tpath\tgithub.com/buildpacks/lifecycle/cmd/launcher
\tmod\tgithub.com/buildpacks/lifecycle\tv0.20.11\th1:{_OWN.checksum}
\tdep\texample.org/b\tv1.0.0
\t=>\texample.org/a\tv1.5.0+incompatible
\tbuild\tCGO_ENABLED=0
"""


def documents() -> dict[str, dict[str, Any]]:
    """Return the parsed documents of a program."""
    return {end: json.loads(text) for end, text in sboms.documents(PROGRAM).items()}


def test_modules_are_read_as_go_prints_them() -> None:
    """A replaced module is listed as its replacement. The standard library is a module."""
    assert PROGRAM == sboms.read(PRINTED)


@pytest.mark.parametrize("printed", ["", "/a: go1.26.8\n", "/a: go1.26.8\n\tpath\texample.org/a\n"])
def test_a_program_without_modules_is_an_error(printed: str) -> None:
    """A program without modules is an error, because its SBOM would be empty."""
    with pytest.raises(Failure, match="names no modules"):
        sboms.read(printed)


def test_the_files_are_those_that_the_lifecycle_looks_for() -> None:
    """It warns about each that is missing (SBOMExtensions in phase/exporter.go)."""
    assert ["sbom.cdx.json", "sbom.spdx.json", "sbom.syft.json"] == list(sboms.documents(PROGRAM))


def test_all_formats_have_the_same_modules() -> None:
    """Each by its package URL, which scanners read."""
    purls = [
        "pkg:golang/github.com/buildpacks/lifecycle@v0.20.11",
        "pkg:golang/example.org/a@v1.5.0%2Bincompatible",
        "pkg:golang/stdlib@1.26.8",
    ]
    made = documents()

    assert purls == [item["purl"] for item in made["sbom.cdx.json"]["components"]]
    assert purls == [
        reference["referenceLocator"]
        for item in made["sbom.spdx.json"]["packages"]
        for reference in item["externalRefs"]
    ]
    assert purls == [item["purl"] for item in made["sbom.syft.json"]["artifacts"]]


def test_checksums_are_those_of_go_sum() -> None:
    """Checksums are SHA-256 digits in CycloneDX and SPDX, as Go tools write them."""
    digits = "96bf2c995c96e7d1ef91d263ec7deb61b7e2353ee7764578715da54223a70aea"
    made = documents()
    own, dep, _ = made["sbom.spdx.json"]["packages"]

    assert [{"algorithm": "SHA256", "checksumValue": digits}] == own["checksums"]
    assert "checksums" not in dep
    assert [{"alg": "SHA-256", "content": digits}] == (
        made["sbom.cdx.json"]["components"][0]["hashes"]
    )
    assert f"h1:{_OWN.checksum}" == (made["sbom.syft.json"]["artifacts"][0]["metadata"]["h1Digest"])


def test_spdx_relates_the_program_to_its_modules() -> None:
    """The document describes the program's own module, which depends on all others."""
    document = documents()["sbom.spdx.json"]
    own, *others = [item["SPDXID"] for item in document["packages"]]

    assert [("SPDXRef-DOCUMENT", "DESCRIBES", own)] + [
        (own, "DEPENDS_ON", other) for other in others
    ] == [
        (item["spdxElementId"], item["relationshipType"], item["relatedSpdxElement"])
        for item in document["relationships"]
    ]
    # What the specification allows in an identifier (3.2 and 7.2).
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", identity) for identity in (own, *others))


def test_the_document_is_valid_cyclonedx() -> None:
    """The schema of CycloneDX accepts it."""
    validated = JsonStrictValidator(SchemaVersion.V1_6).validate_str(
        sboms.documents(PROGRAM)["sbom.cdx.json"]
    )

    assert None is validated
