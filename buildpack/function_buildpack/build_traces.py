"""Removes what building local packages leaves behind, so that it is in no layer and no image."""

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from function_buildpack import names


@contextmanager
def removed(folders: Iterable[Path]) -> Iterator[None]:
    """Remove the files and folders that are new in these folders at the end.

    A build backend runs in the source: setuptools leaves `build/` and `*.egg-info` there.
    """
    before = {path: set(_walk(path)) for path in folders}
    try:
        yield
    finally:
        for folder, known in before.items():
            for path in list(_walk(folder)):
                if path not in known:
                    _remove(path)


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))
        folders[:] = [name for name in folders if name != names.GIT]  # large, and removed anyway


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # it may have gone with its folder


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
