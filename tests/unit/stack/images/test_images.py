"""Names of images, and where they can be written."""

from pathlib import Path

import pytest

from stack.description import variants
from stack.images import images
from stack.images.images import Request
from tools import settings
from tools.console import Failure


@pytest.mark.parametrize(
    ("variant", "arch", "expected"),
    [
        ("tiny", "amd64", ["me/run", "me/build", "me/lifecycle", "me/builder"]),
        (
            "bookworm-base",
            "amd64",
            [
                "me/run:bookworm-base",
                "me/build:bookworm",
                "me/lifecycle",
                "me/builder:bookworm-base",
            ],
        ),
        (
            "base",
            "arm64",
            ["me/run:base-arm64", "me/build:arm64", "me/lifecycle:arm64", "me/builder:base-arm64"],
        ),
    ],
)
def test_names(variant: str, arch: str, expected: list[str]) -> None:
    """Images that several variants share have one name."""
    wanted = Request(variants.select(variant, arch, "x86_64"), "me")

    assert expected == [wanted.name(image) for image in ("run", "build", "lifecycle", "builder")]


def test_the_label_of_the_sbom(tmp_path: Path) -> None:
    """It names the SBOM's layer by its digest."""
    (tmp_path / "sbom.tar").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert {"io.buildpacks.base.sbom": f"sha256:{digest}"} == images.sbom_label(tmp_path)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """This is an error before anything is built."""
    (tmp_path / "file").touch()
    read = settings.read({"XDG_CACHE_HOME": str(tmp_path / "cache")}, tmp_path)

    with pytest.raises(Failure, match="Cannot write to ") as failed:
        images.write(read, Request(variants.select("tiny")), tmp_path / "file" / "layout")

    assert f"Found: {tmp_path}/file is not a folder" in str(failed.value)
    assert not (tmp_path / "cache").exists()
