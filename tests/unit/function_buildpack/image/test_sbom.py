"""The bill of materials, judged by CycloneDX's own library with its schema."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from function_buildpack.image import sbom
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.image.distributions import DirectUrl, Distribution
from function_buildpack.image.licenses import License
from function_buildpack.image.sbom import Component

SHA256 = "0" * 64


def read(*components: Component) -> dict[str, Any]:
    """Write a document, validate it, and return its content."""
    content = sbom.document(components)["cdx"].decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content) is None
    table: dict[str, Any] = json.loads(content)
    return table


def test_document() -> None:
    """The same components in any order give the same bytes, without a date or a serial number."""
    components = sbom.packages(
        [Distribution("B", "2", License("MIT")), Distribution("a", "1", License())], Artifacts()
    )

    table = read(*components)

    assert sbom.document(components) == sbom.document(reversed(components))
    assert ["a", "B"] == [item["name"] for item in table["components"]]
    assert "serialNumber" not in table
    assert {"tools"} == table["metadata"].keys()


def test_document_empty() -> None:
    """The document of a layer without packages is valid."""
    assert [] == read()["components"]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        (License("MIT OR Apache-2.0"), [{"expression": "MIT OR Apache-2.0"}]),
        (
            License(names=("MIT", "BSD License")),
            [{"license": {"id": "MIT"}}, {"license": {"name": "BSD License"}}],
        ),
        (License(), None),
    ],
)
def test_licenses(declared: License, written: list[dict[str, Any]] | None) -> None:
    """One expression, or each name, by its SPDX identifier where it is one."""
    (component,) = read(Component("a", "1", "pkg:pypi/a@1", declared))["components"]

    assert written == component.get("licenses")


@pytest.mark.parametrize(
    ("name", "version", "origin", "purl"),
    [
        ("Some_Package.x", "1.0", None, "pkg:pypi/some-package.x@1.0"),
        ("torch", "2!1.0+cpu", None, "pkg:pypi/torch@2%211.0%2Bcpu"),
        ("ours", "1.0", DirectUrl(), "pkg:generic/ours@1.0"),
        (
            "ours",
            "1.0",
            DirectUrl("git+https://example.com/a.git", "abc"),
            "pkg:pypi/ours@1.0?vcs_url=git%2Bhttps://example.com/a.git%40abc",
        ),
        (
            "ours",
            "1.0",
            DirectUrl("https://example.com/a&b.whl"),
            "pkg:pypi/ours@1.0?download_url=https://example.com/a%26b.whl",
        ),
    ],
)
def test_purl(name: str, version: str, origin: DirectUrl | None, purl: str) -> None:
    """The package URL is canonical, and has the origin of a package that is not from an index."""
    package = Distribution(name, version, License(), origin=origin)

    (component,) = read(*sbom.packages([package], Artifacts()))["components"]

    assert purl == component["purl"] == component["bom-ref"]
    assert purl == PackageURL.from_string(purl).to_string()


def test_hashes() -> None:
    """The hash is that of the file, from the lock or from the installer."""
    locked = Artifacts({("a", "1"): {"a-1.tar.gz": SHA256}})
    packages = [
        Distribution("a", "1", License()),
        Distribution(
            "b", "1", License(), origin=DirectUrl("https://example.com/b", sha256="1" * 64)
        ),
        Distribution("c", "1", License()),
    ]

    a, b, c = read(*sbom.packages(packages, locked))["components"]

    assert [{"alg": "SHA-256", "content": SHA256}] == a["hashes"]
    assert "1" * 64 == b["hashes"][0]["content"]
    assert "hashes" not in c


def test_interpreter() -> None:
    """CPython has the names that vulnerability databases know."""
    (component,) = read(sbom.interpreter("3.13.5"))["components"]

    assert "pkg:generic/python@3.13.5" == component["purl"]
    assert "cpe:2.3:a:python:python:3.13.5:*:*:*:*:*:*:*" == component["cpe"]


def test_own() -> None:
    """A part of this buildpack is not mistaken for a package of the index."""
    (component,) = read(sbom.own("func-runtime", "0.1.0", "Apache-2.0"))["components"]

    assert "pkg:generic/func-runtime@0.1.0" == component["purl"]


def test_versions() -> None:
    """The packages of a document can be read back."""
    written = sbom.document([sbom.interpreter("3.13.5"), sbom.own("mine", "1.0", "MIT")])

    assert {"python": "3.13.5", "mine": "1.0"} == sbom.versions(written)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"components": [{}]}', '{"components": 3}'])
def test_versions_of_another_document(text: str) -> None:
    """A foreign document has no versions."""
    assert {} == sbom.versions({"cdx": text.encode()})
    assert {} == sbom.versions({})
