"""Finds wheels in the function's source. If no manifest names them, no index is used.

`vendor/` is the folder of `pip download -d vendor` in other buildpacks (Paketo, Google). `wheels/`
is the other common name.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log.errors.source import SettingInvalid

_FOLDERS = ("vendor", "wheels")
_OFF = "off"


def locate(app: Path, function: Path, setting: str) -> Path | None:
    """Return the folder with the wheels, if there is one. BP_WHEELS is relative to the function's.

    :raises SettingInvalid: BP_WHEELS is not a folder of the source with wheels.
    """
    if setting.lower() == _OFF:
        return None
    if not setting:
        return next((found for name in _FOLDERS if wheels(found := function / name)), None)
    folder = (function / setting).resolve()
    if not folder.is_relative_to(app.resolve()) or not wheels(folder):
        raise SettingInvalid(
            constants.WHEELS, setting, "a folder of the source with wheels (*.whl), or off"
        )
    return folder


def is_named(folder: Path, named: Iterable[Path]) -> bool:
    """Return whether a folder of wheels, or a wheel in it, is among the named paths.

    Then some packages come from it and the others from an index, as with pip's
    `--find-links ./wheels`.
    """
    return any(path == folder or folder in path.parents for path in named)


def wheels(folder: Path) -> list[Path]:
    """Return the wheels of a folder, sorted."""
    return sorted(folder.glob("*.whl"))


def digest(folder: Path | None) -> str:
    """Return a digest of the wheels, which decide what is installed if there is no lock."""
    result = hashlib.sha256()
    for wheel in wheels(folder) if folder else ():
        with wheel.open("rb") as opened:
            result.update(
                f"{wheel.name} {hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode()
            )
    return result.hexdigest()[:32] if folder else ""


def remove(folder: Path) -> None:
    """Delete the installed wheels, and then the folder if it is empty."""
    for wheel in wheels(folder):
        wheel.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
