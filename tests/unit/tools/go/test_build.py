"""Files of Go modules."""

from pathlib import Path

import pytest

from tools import process
from tools.cache.cache import Cache
from tools.console import Failure
from tools.go import build, go_tools
from tools.go.build import Go

# Stands where go stands: it has a module once that was downloaded, unless the name says otherwise.
_GO = """#!/bin/sh
for path; do :; done
case "$*" in
*" mod download "*) [ "$path" != no.such/module ] && touch "$0.downloaded" ;;
*" list "*) if [ -e "$0.downloaded" ]; then echo "/modules/$path"; fi ;;
esac
"""


@pytest.fixture
def go(tmp_path: Path) -> Go:
    """A Go whose cache of modules is empty."""
    program = tmp_path / "go"
    program.write_text(_GO)
    program.chmod(0o755)
    return Go("1.25", {}, program)


def test_a_module_is_downloaded_if_it_is_missing(go: Go, tmp_path: Path) -> None:
    """Go's cache may no longer have the module of a tool that was built long ago."""
    tool = go_tools.known()["serving"]

    found = build.module(Cache(tmp_path), go, tool, "knative.dev/serving")

    assert Path("/modules/knative.dev/serving") == found
    assert process.succeeds(["test", "-e", f"{go.program}.downloaded"])


def test_a_module_that_cannot_be_downloaded(go: Go, tmp_path: Path) -> None:
    """The error names the download and its log."""
    tool = go_tools.known()["serving"]

    with pytest.raises(Failure, match="download-module failed"):
        build.module(Cache(tmp_path), go, tool, "no.such/module")
