"""Arguments and messages of the commands, without building anything."""

import datetime as dt
from pathlib import Path

import pytest

from stack import function, lock, options, publish
from stack.debian.packages import Package
from stack.description import variants
from tools.console import Failure


def test_options() -> None:
    """The options select the images."""
    parser = options.parser("build.sh", None)
    options.add_images(parser)

    wanted = options.request(
        parser.parse_args(["--variant", "base", "--arch", "arm64", "--as", "me", "--locked"])
    )

    assert ("base", "arm64", "me", True) == (
        wanted.variant.name,
        wanted.variant.arch,
        wanted.prefix,
        wanted.is_locked,
    )
    assert "knative-python" == options.request(parser.parse_args([])).prefix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ghcr.io/you/functions", "ghcr.io/you/functions"),
        ("localhost:5000/functions/", "localhost:5000/functions"),
        ("localhost:5000", "localhost:5000"),
    ],
)
def test_registries(text: str, expected: str) -> None:
    """A registry and a path in it."""
    assert expected == publish.prefix(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The name of a registry is required"),
        ("/", "is not a name for images"),
        ("functions", "'functions' does not name a registry"),
        ("ghcr.io/You", "is not a name for images"),
    ],
)
def test_what_is_not_a_registry(text: str, said: str) -> None:
    """An invalid name is an error before anything is built."""
    with pytest.raises(Failure, match=said):
        publish.prefix(text)


def test_the_text_of_a_lock() -> None:
    """Its first line has the date, for a snapshot; packages are sorted, each once."""
    found = [Package("zlib1g", "1", "cc"), Package("acl", "2", "aa"), Package("acl", "2", "aa")]
    now = dt.datetime(2026, 11, 29, 2, 17, 6, tzinfo=dt.UTC)

    head = "# Debian 13 (trixie) for amd64, as it was on 2026-11-29T02:17:06Z"
    text = lock.text(variants.select("tiny", "amd64"), found, now)

    assert [
        f"{head}: name, version and SHA-256 of each",
        "# package of the run and the build images. Made by `make lock-stack`.",
        "acl 2 aa",
        "zlib1g 1 cc",
    ] == text.splitlines()
    assert text.endswith("\n")


def test_how_pack_is_called(tmp_path: Path) -> None:
    """The example and the default builder need no option; a missing folder is an error."""
    assert ["--buildpack", "./buildpack"] == function.pack_options("", "")
    assert [
        *("--buildpack", "./buildpack", "--path", str(tmp_path)),
        *("--builder", "knative-python/builder:base"),
    ] == function.pack_options("knative-python/builder:base", str(tmp_path))
    with pytest.raises(Failure, match="There is no folder"):
        function.pack_options("", str(tmp_path / "none"))
