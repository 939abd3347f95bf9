"""Packs the CPython of a Go module that carries it, as uv's source of Pythons would.

go-embed-python holds each file of a release of python-build-standalone, most of them compressed,
and a list. `pack_cpython.py MODULE ARCHIVE`: the archive has the layout of that release's
install_only one, without what the module has left out (headers, among others).
"""

import gzip
import io
import json
import platform
import stat
import sys
import tarfile
from pathlib import Path
from typing import Any

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# Types as Go has them (io/fs, FileMode).
_FOLDER = 1 << 31


def pack(module: Path, archive: Path) -> None:
    """Write the archive."""
    data = module / "python" / "internal" / "data" / f"linux-{_MACHINES[platform.machine()]}"
    listed = json.loads((data / "files.json").read_text())["files"]
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        for entry in sorted(listed, key=lambda entry: str(entry["name"])):
            member, content = _member(entry, data)
            packed.addfile(member, io.BytesIO(content))


def _member(entry: dict[str, Any], data: Path) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(f"python/{entry['name']}")
    member.mode = stat.S_IMODE(entry["perm"] & 0o777) or 0o777
    if target := entry.get("symlink"):
        member.type, member.linkname = tarfile.SYMTYPE, target
        return member, b""
    if entry["perm"] & _FOLDER:
        member.type = tarfile.DIRTYPE
        return member, b""
    if entry.get("compressed"):
        content = gzip.decompress((data / f"{entry['name']}.gz").read_bytes())
    else:
        content = (data / entry["name"]).read_bytes()
    member.size = len(content)
    return member, content


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
