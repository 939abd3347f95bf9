"""Finds wheels that came with the function: where nothing names them, no index is asked.

`vendor/` is where `pip download -d vendor` puts them by other buildpacks' conventions (Paketo,
Google); `wheels/` is the other name in use.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log.errors.source import SettingInvalid

_FOLDERS = ("vendor", "wheels")
_OFF = "off"


def locate(app: Path, function: Path, setting: str) -> Path | None:
    """Return the folder with the wheels, which BP_WHEELS names from the function's, or none.

    :raises SettingInvalid: BP_WHEELS names no folder of the source with wheels.
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
    """Say whether a folder of wheels, or a wheel of it, is among the paths that something names.

    Then it has some packages and an index has the others, as for pip: `--find-links ./wheels`.
    """
    return any(path == folder or folder in path.parents for path in named)


def wheels(folder: Path) -> list[Path]:
    """Return the wheels of a folder, sorted."""
    return sorted(folder.glob("*.whl"))


def digest(folder: Path | None) -> str:
    """Return a digest of the wheels: without a lock they decide what is installed."""
    result = hashlib.sha256()
    for wheel in wheels(folder) if folder else ():
        with wheel.open("rb") as opened:
            result.update(
                f"{wheel.name} {hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode()
            )
    return result.hexdigest()[:32] if folder else ""


def remove(folder: Path) -> None:
    """Delete the installed wheels, and the folder with them if there is nothing else in it."""
    for wheel in wheels(folder):
        wheel.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
