"""Layers that are not from Debian packages."""

import io
import tarfile
from pathlib import Path

import pytest
import trustme

from stack.description import variants
from stack.layers import layers
from stack.layers.extra_cas import extra
from stack.layers.layers import Layers
from tools.cache.cache import Cache
from tools.console import Failure


def test_wheels_for_the_c_library() -> None:
    """Wheels for a newer glibc than the image's are not used."""
    bookworm = variants.select("bookworm", "arm64")

    named = layers.platforms(bookworm)

    assert "manylinux2014_aarch64" == named[0]
    assert "manylinux_2_36_aarch64" == named[-1]
    assert "manylinux_2_41_x86_64" == layers.platforms(variants.select("tiny", "amd64"))[-1]


def test_labels_of_the_lifecycle(tmp_path: Path) -> None:
    """They have the facts of its descriptor."""
    text = b'[lifecycle]\nversion = "0.20.11"\n[apis.buildpack]\nsupported = ["0.10"]\n'
    with tarfile.open(tmp_path / "lifecycle.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("lifecycle.toml")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))

    assert {
        "io.buildpacks.lifecycle.version": "0.20.11",
        "io.buildpacks.lifecycle.apis": '{"buildpack":{"supported":["0.10"]}}',
    } == layers.lifecycle_labels(tmp_path / "lifecycle.tgz")


@pytest.fixture
def bundles(tmp_path: Path) -> tuple[Path, Path]:
    """A machine's bundle with one more certificate, and Debian's."""
    shared, own = (trustme.CA().cert_pem.bytes() for _ in range(2))
    debian, machine = tmp_path / "debian.crt", tmp_path / "machine.crt"
    debian.write_bytes(shared)
    machine.write_bytes(b"# The company's\n" + own + b"\n" + shared)
    return machine, debian


def test_certificates_that_only_the_machine_has(bundles: tuple[Path, Path]) -> None:
    """Certificates that Debian has, too, are not extra."""
    machine, debian = bundles

    (found,) = extra(machine, debian)

    assert found in machine.read_text()
    assert [] == extra(debian, debian)


def test_the_layer_with_certificates(bundles: tuple[Path, Path], tmp_path: Path) -> None:
    """The build image trusts Debian's and the machine's. Without extra ones, there is no layer."""
    machine, debian = bundles
    made = Layers(Cache(tmp_path / "cache"), tmp_path / "stack")

    found = made.extra_cas(machine, debian)

    assert found
    assert 1 == found[0]
    with tarfile.open(found[1] / "layer.tar") as archive:
        bundle = archive.extractfile("./etc/ssl/certs/ca-certificates.crt")
        assert bundle
        assert 2 == bundle.read().count(b"BEGIN CERTIFICATE")
    assert made.extra_cas(debian, debian) is None


def test_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    """The error says which variables name it."""
    made = Layers(Cache(tmp_path), tmp_path)

    with pytest.raises(Failure, match="The CA bundle cannot be read") as failed:
        made.extra_cas(tmp_path / "none.crt", tmp_path / "debian.crt")

    assert f"Found: {tmp_path}/none.crt" in str(failed.value)
    assert "SSL_CERT_FILE" in str(failed.value)


def test_the_same_libraries_are_the_same_layer(tmp_path: Path) -> None:
    """The names decide, not the run image that has them."""
    made = Layers(Cache(tmp_path / "cache"), tmp_path / "stack")
    found = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "libraries").write_text("libz.so.1\n")
        found.append(made.libraries(tmp_path / run / "libraries"))

    assert found[0] == found[1]
    assert ["layer.tar"] == [path.name for path in found[0].iterdir()]
