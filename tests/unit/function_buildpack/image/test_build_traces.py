"""Files that builds of local packages leave behind."""

import base64
import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from function_buildpack.image import build_traces
from function_buildpack.log.errors.image import ImageChanged


def build_that_fails(folder: Path) -> None:
    """Leave files behind as build backends do."""
    with build_traces.restored([folder, folder / "build"]):
        (folder / "a.egg-info" / "deep").mkdir(parents=True)
        (folder / "a.egg-info" / "deep" / "PKG-INFO").touch()
        (folder / "build" / "new").touch()
        (folder / "build" / "link").symlink_to(folder)
        raise InterruptedError


def test_removed_but_for_history(tmp_path: Path) -> None:
    """The contents of .git are ignored."""
    (tmp_path / ".git").mkdir()

    with build_traces.restored([tmp_path]):
        (tmp_path / ".git" / "index").touch()

    assert (tmp_path / ".git" / "index").exists()


def test_removed(tmp_path: Path) -> None:
    """New files and folders are removed, also after a failure. Existing ones stay."""
    old = tmp_path / "build" / "old"
    old.parent.mkdir()
    old.touch()

    with pytest.raises(InterruptedError):
        build_that_fails(tmp_path)

    assert [old.parent, old] == sorted(tmp_path.rglob("*"))


def _write(path: Path) -> None:
    path.write_text("other")


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _link_folder(path: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to("/etc")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("sub/file", _write),
        ("sub/file", _link),
        ("sub/file", _remove),
        ("sub", _remove),
        ("sub", _link_folder),
        ("sub", lambda path: path.chmod(0o777)),
        ("link", _link),
    ],
)
def test_brought_back(tmp_path: Path, name: str, change: Callable[[Path], None]) -> None:
    """Existing files are restored: contents, modes, and targets of links."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_text("content")
    (tmp_path / "link").symlink_to("sub/file")

    with build_traces.restored([tmp_path]):
        change(tmp_path / name)

    assert not (tmp_path / "sub" / "file").is_symlink()
    assert "content" == (tmp_path / "sub" / "file").read_text()
    assert Path("sub/file") == (tmp_path / "link").readlink()
    assert 0o755 == (tmp_path / "sub").lstat().st_mode & 0o777


def test_too_large_for_a_copy(tmp_path: Path) -> None:
    """A large file that was changed cannot be brought back."""
    large = tmp_path / "model"
    large.write_bytes(bytes(2 << 20))

    with (
        pytest.raises(ImageChanged, check=lambda error: error.paths == (str(large),)),
        build_traces.restored([tmp_path]),
    ):
        large.write_text("other")


def test_forget_times(tmp_path: Path) -> None:
    """uv's notes go from a package and from its list of files."""
    info = tmp_path / "a-1.0.dist-info"
    info.mkdir()
    for name in ("uv_cache.json", "uv_build.json", "METADATA"):
        (info / name).touch()
    names = ("METADATA", "RECORD", "uv_build.json", "uv_cache.json")
    (info / "RECORD").write_text("".join(f"{info.name}/{name},sha256=x,1\n" for name in names))

    build_traces.drop_uv_notes(tmp_path)

    assert ["METADATA", "RECORD"] == sorted(path.name for path in info.iterdir())
    listed = (info / "RECORD").read_text()
    assert f"{info.name}/METADATA,sha256=x,1\n{info.name}/RECORD,sha256=x,1\n" == listed


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("file:///a/source/libs/x", "file:///workspace/libs/x"),
        ("file:///a/source", "file:///workspace"),
        ("file:///a/sources/x", "file:///a/sources/x"),
        ("https://example.org/x.whl", "https://example.org/x.whl"),
    ],
)
def test_forget_place(tmp_path: Path, url: str, expected: str) -> None:
    """Packages from the source get the default folder, and their RECORD stays correct."""
    info = tmp_path / "a-1.0.dist-info"
    info.mkdir()
    origin, record = info / "direct_url.json", info / "RECORD"
    origin.write_text(json.dumps({"url": url, "dir_info": {}}))
    digest = base64.urlsafe_b64encode(hashlib.sha256(origin.read_bytes()).digest()).rstrip(b"=")
    said = f"{info.name}/{origin.name},sha256={digest.decode()},{origin.stat().st_size}\n"
    record.write_text(f"a.py,,\n{said}b.py,,\n")

    build_traces.normalize_direct_urls(tmp_path, Path("/a/source"))

    assert {"url": expected, "dir_info": {}} == json.loads(origin.read_bytes())
    rows = list(csv.reader(record.read_text().splitlines()))
    digest = base64.urlsafe_b64encode(hashlib.sha256(origin.read_bytes()).digest()).rstrip(b"=")
    listed = [
        f"{info.name}/{origin.name}",
        f"sha256={digest.decode()}",
        str(len(origin.read_bytes())),
    ]
    assert [["a.py", "", ""], listed, ["b.py", "", ""]] == rows
