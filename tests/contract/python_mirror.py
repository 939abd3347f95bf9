"""A mirror of python-build-standalone's releases with one CPython, as closed networks have it.

uv's own list names releases that a test cannot have, so the mirror has a list too
(UV_PYTHON_DOWNLOADS_JSON_URL). The CPython is a real one of those releases (tools/cpython).
"""

import hashlib
import json
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[2] / ".tools" / "cpython.tar.gz"
VERSION = "3.14.6"
KEY = f"cpython-{VERSION}-linux-{platform.machine()}-gnu"

_RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download"
_BUILD = "20260610"
_FILE = f"cpython-{VERSION}-{platform.machine()}-unknown-linux-gnu-install_only_stripped.tar.gz"


@dataclass(frozen=True)
class Mirror:
    """The mirror's folder, to be named as it is or served."""

    folder: Path

    def settings(self, root: str = "") -> dict[str, str]:
        """Return uv's variables for the mirror, below the URL that its folder has."""
        root = root or self.folder.as_uri()
        return {
            "UV_PYTHON_INSTALL_MIRROR": root,
            "UV_PYTHON_DOWNLOADS_JSON_URL": f"{root}/list.json",
        }


def create(folder: Path) -> Mirror:
    """Write a mirror."""
    if not ARCHIVE.is_file():
        pytest.fail(f"There is no {ARCHIVE}. Run `make tools`.", pytrace=False)
    (folder / _BUILD).mkdir(parents=True)
    shutil.copyfile(ARCHIVE, folder / _BUILD / _FILE)
    major, minor, patch = map(int, VERSION.split("."))
    listed = {
        "name": "cpython",
        "arch": {"family": platform.machine(), "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "variant": None,
        "build": _BUILD,
        "url": f"{_RELEASES}/{_BUILD}/{_FILE}",
        "sha256": hashlib.sha256(ARCHIVE.read_bytes()).hexdigest(),
    }
    (folder / "list.json").write_text(json.dumps({KEY: listed}))
    return Mirror(folder)
