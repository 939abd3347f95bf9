"""The builder's description."""

import tomllib

from stack import builder
from stack.description import variants
from stack.images.images import Request


def test_description() -> None:
    """It names its images, copies of the run image, and what the builder is for."""
    wanted = Request(variants.select("bookworm-base", machine="x86_64"), "localhost:5000/me")

    read = tomllib.loads(builder.description(wanted, ["one/run", "two/run"]))

    assert "localhost:5000/me/build:bookworm" == read["build"]["image"]
    assert {
        "image": "localhost:5000/me/run:bookworm-base",
        "mirrors": ["one/run", "two/run"],
    } == read["run"]["images"][0]
    assert {"os": "linux", "arch": "amd64", "distros": [{"name": "debian", "version": "12"}]} == (
        read["targets"][0]
    )
    assert ("knative-python.bookworm", []) == (
        read["stack"]["id"],
        tomllib.loads(builder.description(wanted, []))["stack"]["run-image-mirrors"],
    )


def test_another_architecture_has_no_targets() -> None:
    """pack takes only those of the daemon's architecture; the rest of the description stays."""
    wanted = Request(variants.select("tiny", "arm64", "x86_64"))

    read = tomllib.loads(builder.description(wanted, []))

    assert "targets" not in read
    assert "knative-python/build:arm64" == read["build"]["image"]
    assert "knative-python/function" == read["order"][0]["group"][0]["id"]
