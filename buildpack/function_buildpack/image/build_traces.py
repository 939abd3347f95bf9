"""Removes what builds of local packages leave behind, so that no layer or image contains it."""

import base64
import hashlib
import json
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from function_buildpack import constants
from function_buildpack.log.errors.image import ImageChanged
from function_buildpack.system import file_changes, source_copy, tree
from function_buildpack.system.file_changes import Identity


@contextmanager
def restored(folders: Iterable[Path]) -> Iterator[None]:
    """Restore folders at the end: remove new files, and bring back changed ones.

    Build backends run in the source. setuptools creates `build/` and `*.egg-info` there, others
    write their version into an existing file. `.git` is not restored.

    :raises ImageChanged: a file has changed that was too large to copy.
    """
    sources = [*folders]
    before = file_changes.snapshot(sources, without={constants.GIT})
    with TemporaryDirectory(prefix="source-") as copies:
        for number, folder in enumerate(sources):
            source_copy.make(folder, Path(copies, str(number)))
        try:
            yield
        finally:
            changes = file_changes.between(
                before, file_changes.snapshot(sources, without={constants.GIT})
            )
            for path in changes.new:
                tree.remove(Path(path))
            for path in changes.changed:
                _bring_back(Path(path), before[path], _copy_of(Path(path), sources, Path(copies)))


def _copy_of(path: Path, sources: list[Path], copies: Path) -> Path:
    number = next(i for i, folder in enumerate(sources) if path.is_relative_to(folder))
    return copies / str(number) / path.relative_to(sources[number])


def _bring_back(path: Path, was: Identity, copy: Path) -> None:
    mode = was[0]
    if stat.S_ISDIR(mode):
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            path.mkdir()
        path.chmod(stat.S_IMODE(mode))
    elif copy.is_symlink() if stat.S_ISLNK(mode) else copy.is_file() and not copy.is_symlink():
        tree.remove(path)
        shutil.copy(copy, path, follow_symlinks=False)
    else:
        raise ImageChanged((str(path),))


# uv writes these for packages that it built from a folder, to detect changes later.
_OF_UV = frozenset({"uv_build.json", "uv_cache.json"})


def drop_uv_notes(site: Path) -> None:
    """Remove uv's notes from installed packages: they contain times, and nothing reads them."""
    for note in sorted(path for name in _OF_UV for path in site.glob(f"*.dist-info/{name}")):
        drop(note, note.with_name("RECORD"))


# The platform's default folder for the source (platform specification, CNB_APP_DIR).
_DEFAULT = Path("/workspace")


def normalize_direct_urls(site: Path, source: Path) -> None:
    """Replace the folder of this build's source in installed packages with the default folder.

    Otherwise their `direct_url.json` (PEP 610), and so the layer, would depend on that folder.
    """
    here, there = source.as_uri(), _DEFAULT.as_uri()
    for origin in sorted(site.glob("*.dist-info/direct_url.json")):
        content = json.loads(origin.read_text(encoding="utf-8"))
        if f"{content['url']}/".startswith(f"{here}/") and here != there:
            content["url"] = there + content["url"].removeprefix(here)
            rewrite(origin, json.dumps(content).encode(), origin.with_name("RECORD"))


def drop(file: Path, record: Path) -> None:
    """Remove an installed file, and its line in the package's RECORD (PEP 376)."""
    file.unlink()
    _record(file, record, "")


def rewrite(file: Path, content: bytes, record: Path) -> None:
    """Replace an installed file, and its line in the package's RECORD."""
    mode = file.stat().st_mode
    file.unlink()  # it may be a hard link to uv's cache
    file.write_bytes(content)
    file.chmod(mode)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    _record(file, record, f"sha256={digest.decode()},{len(content)}")


def _record(file: Path, record: Path, content: str) -> None:
    """Change a file's line in a RECORD. If the content is empty, remove the line."""
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    start = f"{file.relative_to(record.parents[1])},"
    changed = [f"{start}{content}\n"] if content else []
    kept = [part for line in lines for part in (changed if line.startswith(start) else [line])]
    record.write_text("".join(kept), encoding="utf-8")
