"""Builders that are not ours, with the real pack and lifecycle."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.package_index import write_bindings
from image import foreign_builder, prerequisites
from image.container import serving
from image.pack import Build, Image, Pack

FUNCTION = prerequisites.FUNCTIONS / "http_basic"


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine's certificates as a binding: these build images only have Debian's."""
    paths = ssl.get_default_verify_paths()
    bundle = Path(os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.openssl_cafile)
    folder = tmp_path_factory.mktemp("bindings")
    return write_bindings(folder, ca_certificates={"machine.pem": bundle.read_text()})


@pytest.fixture(scope="module")
def bare(pack: Pack) -> Iterator[str]:
    """A builder with Debian's python3: neither uv nor pip nor a library."""
    name = foreign_builder.make(pack, ("ca-certificates", "python3"))
    yield name
    pack.client.client.images.remove(name)


@pytest.fixture(scope="module")
def without_python(pack: Pack) -> Iterator[str]:
    """A builder with the smallest Debian."""
    name = foreign_builder.make(pack, ("ca-certificates",))
    yield name
    pack.client.client.images.remove(name)


def test_brings_its_own(pack: Pack, bare: str, trust: Path) -> None:
    """Missing tools are downloaded once. Then the function builds without a network."""
    first = build(pack, bare, trust)

    assert first.status == 0, first.log
    assert "Missing in the build image: uv, packaging, tomli_w, yaml" in first.log
    assert "build-tools" not in first.image.layers
    with serving(first.image) as container:
        assert container.get("/").text.startswith("one ")

    again = build(pack, bare, trust, "--network", "none", image=first.image)

    assert again.status == 0, again.log
    assert "Reusing the build tools of an earlier build" in again.log


def test_no_network(pack: Pack, bare: str, trust: Path) -> None:
    """Without a network and a cache, the error names what is missing."""
    failed = build(pack, bare, trust, "--network", "none")

    assert failed.status != 0
    assert "Missing in the build image: uv, packaging, tomli_w, yaml" in failed.log
    assert "ERROR: The package index does not respond" in failed.log


def test_no_python(pack: Pack, without_python: str, trust: Path) -> None:
    """A build image without python3 is an error."""
    failed = build(pack, without_python, trust)

    assert failed.status != 0
    assert "ERROR: The build image has no python3" in failed.log


def build(
    pack: Pack, builder: str, trust: Path, *options: str, image: Image | None = None
) -> Build:
    """Build the small HTTP function with the builder's buildpack."""
    binding = trust / "ca_certificates"
    return pack.command(
        [
            *("--path", str(FUNCTION), "--builder", builder, "--pull-policy", "never"),
            *("--trust-builder", "--volume", f"{binding}:/platform/bindings/ca", *options),
        ],
        image=image,
    )
