"""A mirror of python-build-standalone's releases with one CPython, for closed networks.

uv's own list names releases that a test cannot have, so the mirror has a list too
(UV_PYTHON_DOWNLOADS_JSON_URL). The CPython is a real one of those releases (tools/cpython).
"""

import hashlib
import io
import json
import platform
import shutil
import tarfile
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
    """The mirror's folder, which may be served."""

    folder: Path

    def settings(self, root: str = "") -> dict[str, str]:
        """Return uv's variables for the mirror, below the URL of its folder."""
        root = root or self.folder.as_uri()
        return {
            "UV_PYTHON_INSTALL_MIRROR": root,
            "UV_PYTHON_DOWNLOADS_JSON_URL": f"{root}/list.json",
        }


def create(folder: Path, program: bytes = b"") -> Mirror:
    """Write a mirror. Its CPython's program may be replaced."""
    if not ARCHIVE.is_file():
        pytest.fail(f"There is no {ARCHIVE}. Run `make tools`.", pytrace=False)
    (folder / _BUILD).mkdir(parents=True)
    archive = folder / _BUILD / _FILE
    if program:
        _write_without_python(archive, program)
    else:
        shutil.copyfile(ARCHIVE, archive)
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
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }
    (folder / "list.json").write_text(json.dumps({KEY: listed}))
    return Mirror(folder)


def _write_without_python(archive: Path, program: bytes) -> None:
    minor = VERSION.rpartition(".")[0]
    facts = f"lib/python{minor}/_sysconfigdata__linux_{platform.machine()}-linux-gnu.py"
    # uv looks for that line.
    declared = b"# system configuration generated and used by the sysconfig module\n"
    contents = {f"bin/python{minor}": program, facts: declared + b"build_time_vars = {}\n"}
    with tarfile.open(archive, "w:gz") as made:
        for name, content in contents.items():
            file = tarfile.TarInfo(f"python/{name}")
            file.size, file.mode = len(content), 0o755
            made.addfile(file, io.BytesIO(content))
