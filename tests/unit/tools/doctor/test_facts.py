"""Facts about unusual machines."""

import os
from pathlib import Path

import pytest
import trustme

from tools.doctor import facts

# A part of what Docker 29.5 and 20.10 print for `docker info --format '{{json .}}'`.
_CONTAINERD = '{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]'
_OWN_STORE = '{"DriverStatus":[["Backing Filesystem","extfs"],["Supports d_type","true"]]'


def test_certificates(tmp_path: Path) -> None:
    """A missing bundle, or one without certificates, is detected."""
    good, bad = tmp_path / "good.crt", tmp_path / "bad.crt"
    trustme.CA().cert_pem.write_to_path(str(good))
    bad.write_text("no certificate")

    assert "" == facts.certificates_error(str(good))
    assert "No such file or directory" == facts.certificates_error(str(tmp_path / "none.crt"))
    assert "certificate" in facts.certificates_error(str(bad)).lower()


def test_this_machine() -> None:
    """All facts of a real machine can be collected."""
    here = facts.collect()

    assert "Linux" == here.system
    assert here.python >= (3, 11)
    assert {"git", "make"} <= here.programs
    assert here.cache_free > 0


@pytest.mark.parametrize(
    ("status", "containerd"),
    [(_CONTAINERD, True), (_OWN_STORE, False), ('{"DriverStatus":null', False)],
)
def test_image_store_of_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, containerd: bool
) -> None:
    """A daemon that keeps its images in containerd's image store is detected."""
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho \'{status},"ServerVersion":"29.5.0"}}\'\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    found = facts.collect().docker

    assert ("29.5.0", containerd) == (found.version, found.containerd)
