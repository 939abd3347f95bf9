"""Removes what building local packages leaves behind, so that it is in no layer and no image."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


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
            for path in _walk(folder):
                if path not in known:
                    _remove(path)


def _walk(folder: Path) -> list[Path]:
    return [
        Path(parent, name)
        for parent, folders, files in os.walk(folder)
        for name in (*folders, *files)
    ]


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
        note.unlink()
        record = note.with_name("RECORD")
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        listed = f"{note.parent.name}/{note.name},"
        record.write_text(
            "".join(line for line in lines if not line.startswith(listed)), encoding="utf-8"
        )
