"""The table of the variants, and the names of images."""

import pytest

from stack.description import variants
from tools.console import Failure


@pytest.mark.parametrize(
    ("name", "suite", "python", "tags"),
    [
        ("tiny", "trixie", "3.13", ("", "", "")),
        ("base", "trixie", "3.13", (":base", "", "")),
        ("bookworm", "bookworm", "3.11", (":bookworm", ":bookworm", "")),
        ("bookworm-base", "bookworm", "3.11", (":bookworm-base", ":bookworm", "")),
    ],
)
def test_variants(name: str, suite: str, python: str, tags: tuple[str, str, str]) -> None:
    """A variant has a Debian, its Python, and the tags of run, build and lifecycle image."""
    variant = variants.select(name, machine="x86_64")

    assert (suite, python) == (variant.suite, variant.python)
    assert tags == (variant.tag, variant.build_tag, variant.lifecycle_tag)
    assert ("amd64", False) == (variant.arch, variant.is_foreign)


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("tiny", (":arm64", ":arm64", ":arm64")),
        ("base", (":base-arm64", ":arm64", ":arm64")),
        ("bookworm-base", (":bookworm-base-arm64", ":bookworm-arm64", ":arm64")),
    ],
)
def test_another_architecture_is_in_the_tags(name: str, tags: tuple[str, str, str]) -> None:
    """Only tags of other architectures than the machine's contain the architecture."""
    variant = variants.select(name, "arm64", "x86_64")

    assert tags == (variant.tag, variant.build_tag, variant.lifecycle_tag)
    assert ("aarch64", True) == (variant.machine, variant.is_foreign)
    assert not variants.select(name, "arm64", "aarch64").is_foreign
    assert variants.select(name, "amd64", "aarch64").is_foreign


def test_the_machines_architecture_is_the_default() -> None:
    """The default, also for an empty name, is the machine's."""
    assert "arm64" == variants.select("tiny", "", "aarch64").arch
    assert "amd64" == variants.select("tiny", None, "x86_64").arch


@pytest.mark.parametrize("name", ["alpine", "", "Tiny"])
def test_a_variant_that_is_not_there(name: str) -> None:
    """The error lists the existing ones."""
    with pytest.raises(Failure, match=f"There is no variant '{name}'") as failed:
        variants.select(name)

    assert "Variants: tiny base bookworm bookworm-base" in str(failed.value)


@pytest.mark.parametrize("arch", ["riscv64", "x86_64"])
def test_an_architecture_that_is_not_there(arch: str) -> None:
    """The error lists the existing ones."""
    with pytest.raises(Failure, match=f"There is no architecture '{arch}'") as failed:
        variants.select("tiny", arch)

    assert "Architectures: amd64 arm64" in str(failed.value)


@pytest.mark.parametrize("name", ["Mine", "", "a b", "me@sha256"])
def test_no_name_for_images(name: str) -> None:
    """The error lists the allowed characters."""
    with pytest.raises(Failure, match=f"'{name}' is not a name for images"):
        variants.image_prefix(name)


def test_a_name_for_images() -> None:
    """A registry with its port, and a path in it."""
    assert "localhost:5000/me_1" == variants.image_prefix("localhost:5000/me_1")
