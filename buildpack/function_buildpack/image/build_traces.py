"""Removes what building local packages leaves behind, so that it is in no layer and no image."""

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
def removed(folders: Iterable[Path]) -> Iterator[None]:
    """Have these folders at the end as they were: what is new goes, what was changed comes back.

    A build backend runs in the source: setuptools leaves `build/` and `*.egg-info` there, others
    write their version into a file that was there. What git keeps is left alone.

    :raises ImageChanged: a file has changed that is too large for a copy.
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


# What uv notes beside a package that it built from a folder, to see later if that has changed.
_OF_UV = frozenset({"uv_build.json", "uv_cache.json"})


def forget_times(site: Path) -> None:
    """Remove uv's notes from installed packages: they hold times, and nobody needs them here."""
    for note in sorted(path for name in _OF_UV for path in site.glob(f"*.dist-info/{name}")):
        drop(note, note.with_name("RECORD"))


# Where a platform has the source if nothing else is said (platform specification, CNB_APP_DIR).
_USUAL = Path("/workspace")


def forget_place(site: Path, source: Path) -> None:
    """Have installed packages that are from the source say that it was in its usual place.

    Their `direct_url.json` (PEP 610) has the folder of this build, and so would the layer.
    """
    here, there = source.as_uri(), _USUAL.as_uri()
    for origin in sorted(site.glob("*.dist-info/direct_url.json")):
        stated = json.loads(origin.read_text(encoding="utf-8"))
        if f"{stated['url']}/".startswith(f"{here}/") and here != there:
            stated["url"] = there + stated["url"].removeprefix(here)
            rewrite(origin, json.dumps(stated).encode(), origin.with_name("RECORD"))


def drop(file: Path, record: Path) -> None:
    """Remove an installed file, and its line in its package's list (PEP 376)."""
    file.unlink()
    _record(file, record, "")


def rewrite(file: Path, content: bytes, record: Path) -> None:
    """Replace an installed file, and its line in its package's list."""
    mode = file.stat().st_mode
    file.unlink()  # it may be linked to uv's cache
    file.write_bytes(content)
    file.chmod(mode)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    _record(file, record, f"sha256={digest.decode()},{len(content)}")


def _record(file: Path, record: Path, content: str) -> None:
    """Change a file's line in a list; with nothing to say, drop it."""
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    listed = f"{file.relative_to(record.parents[1])},"
    said = [f"{listed}{content}\n"] if content else []
    kept = [part for line in lines for part in (said if line.startswith(listed) else [line])]
    record.write_text("".join(kept), encoding="utf-8")
