"""What is in an image, read from what `docker save` writes."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from bench.images import contents
from bench.images.saved import Saved, opened

UNCHECKED = b"\xf3\r\r\n\x01\0\0\0"
BY_DATE = b"\xf3\r\r\n\0\0\0\0"

Files = Mapping[str, bytes | tarfile.TarInfo]


def archive(files: Files) -> bytes:
    """Return an archive; a value is a file's content, or an entry without any."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as made:
        for name, value in files.items():
            entry = value if isinstance(value, tarfile.TarInfo) else tarfile.TarInfo()
            content = value if isinstance(value, bytes) else b""
            entry.name, entry.size = name, len(content)
            made.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def digest(layer: bytes) -> str:
    """Return the name that an image's configuration has for a layer."""
    return f"sha256:{hashlib.sha256(layer).hexdigest()}"


def image(*layers: bytes, labels: Mapping[str, Any] | None = None) -> AbstractContextManager[Saved]:
    """Open the archive of an image of these layers."""
    config = {
        "rootfs": {"diff_ids": [digest(layer) for layer in layers]},
        "config": {"Labels": dict(labels or {})},
    }
    names = [f"{number}/layer.tar" for number, _ in enumerate(layers)]
    described = [{"Config": "config.json", "Layers": names}]
    saved = archive(
        dict(zip(names, layers, strict=True))
        | {"config.json": json.dumps(config).encode()}
        | {"manifest.json": json.dumps(described).encode()}
    )
    return opened(io.BytesIO(saved))


def entry(kind: bytes, link: str = "", mode: int = 0o755) -> tarfile.TarInfo:
    """Return an entry without content."""
    made = tarfile.TarInfo()
    made.type, made.linkname, made.mode = kind, link, mode
    return made


def test_run_image() -> None:
    """Files and bytes are counted over all layers. Each package has a file."""
    root: Files = {
        "./usr/bin": entry(tarfile.DIRTYPE),
        "./usr/bin/python3.13": b"python",
        "./usr/bin/python": entry(tarfile.SYMTYPE, "python3.13"),
        "./usr/lib/python3.13/__pycache__/os.cpython-313.pyc": UNCHECKED,
        "./var/lib/dpkg/status.d/libc6": b"Package: libc6\n",
        "./var/lib/dpkg/status.d/libc6.md5sums": b"0 file\n",
    }
    with image(archive(root), archive({"./cnb/sbom/bom.cdx.json": b"{}"})) as saved:
        found = contents.read(saved)

    assert (5, 6 + 8 + 15 + 7 + 2) == (found.files, found.size)
    assert (1, 0) == (found.packages, found.special)
    assert (False, "unchecked") == (found.shell, found.bytecode)


def test_whole_system() -> None:
    """A system has a shell, one list of packages, programs with the rights of others."""
    root: Files = {
        "./bin": entry(tarfile.SYMTYPE, "usr/bin"),
        "./usr/bin/sh": entry(tarfile.SYMTYPE, "dash"),
        "./usr/bin/su": entry(tarfile.REGTYPE, mode=0o4755),
        "./usr/bin/wall": entry(tarfile.REGTYPE, mode=0o2755),
        "./var/mail": entry(tarfile.DIRTYPE, mode=0o2775),
        "./var/lib/dpkg/status": b"Package: bash\nStatus: install\n\nPackage: dash\n",
        "./usr/lib/python3.13/__pycache__/os.cpython-313.pyc": BY_DATE,
        "./usr/lib/python3/dist-packages/__pycache__/pip.cpython-313.pyc": UNCHECKED,
    }
    with image(archive(root)) as saved:
        found = contents.read(saved)

    assert (2, 2) == (found.packages, found.special)
    assert (True, "by date") == (found.shell, found.bytecode)


def test_no_bytecode() -> None:
    """An image may have no bytecode."""
    with image(archive({"./usr/lib/python3.13/os.py": b""})) as saved:
        assert "none" == contents.read(saved).bytecode


def test_sizes() -> None:
    """A layer has the size of its archive, and that of the compressed archive in a registry."""
    small, large = archive({"a": b"a"}), archive({"b": b"b" * 100_000})
    with image(small, large) as saved:
        sizes = [saved.size(layer) for layer in saved.layers]
        compressed = saved.compressed

    assert [len(small), len(large)] == [size.archive for size in sizes]
    assert len(gzip.compress(large, 6)) == sizes[1].compressed
    assert compressed == sum(size.compressed for size in sizes)


def test_parts() -> None:
    """The lifecycle's layers have the names that it gives them."""
    metadata = {
        "buildpacks": [
            {
                "layers": {
                    "asgi-runtime": {"sha": "sha256:1", "launch": True},
                    "tools": {"sha": "sha256:0", "launch": False},
                }
            }
        ],
        "app": [{"sha": "sha256:2"}],
        "sbom": {"sha": "sha256:3"},
        "config": {"sha": "sha256:4"},
        "launcher": {"sha": "sha256:5"},
        "process-types": {"sha": "sha256:6"},
    }
    labels = {"io.buildpacks.lifecycle.metadata": json.dumps(metadata)}
    with image(archive({}), labels=labels) as saved:
        parts = saved.parts

    names = ["asgi-runtime", "app", "sbom", "config", "launcher", "process-types"]
    assert {f"sha256:{number}": name for number, name in enumerate(names, 1)} == parts


def test_archive_without_a_file() -> None:
    """The error names an entry that is not a file."""
    broken = archive({"manifest.json": entry(tarfile.DIRTYPE)})
    with (
        pytest.raises(ValueError, match=r"manifest\.json is not a file in the image's archive"),
        opened(io.BytesIO(broken)),
    ):
        pass
