"""The CPython versions that uv can install, and their installation."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from function_buildpack.log.errors.python import PythonUninstalled
from function_buildpack.uv import install_failures
from function_buildpack.uv.client import DOWNLOADS, Uv
from function_buildpack.uv.source_builds import Package


@dataclass(frozen=True)
class Download:
    """A CPython that uv can install: uv's key for it, its version and the name of its archive."""

    key: str
    version: str
    file: str


def available(uv: Uv, cwd: Path) -> list[Download]:
    """Return the CPythons that uv can install on this machine, from its list or the platform's.

    :raises PythonUninstalled: the platform's list cannot be read.
    :raises UvUnfit: the project requires another version of uv.
    """
    command = ["uv", "python", "list", "--only-downloads", "--all-versions"]
    result = uv.run([*command, "--output-format", "json"], environ=_environ(uv), cwd=cwd)
    install_failures.check_version(result, cwd)
    if result.status != 0:
        raise PythonUninstalled("the list of versions", install_failures.explanation(result.output))
    # One line, which may follow warnings. There is none if the platform forbids downloads.
    lines = (line for line in result.output.splitlines() if line.startswith("[{"))
    return [
        Download(item["key"], item["version"], _file(item["url"]))
        for item in json.loads(next(lines, "[]"))
        if (item["implementation"], item["variant"]) == ("cpython", "default")
    ]


def install(uv: Uv, python: Download, folder: Path) -> None:
    """Install a CPython into a subfolder with its key as the name.

    :raises PythonUninstalled: it could not be downloaded, or its hash is wrong.
    """
    command: list[str | Path] = ["uv", "python", "install", "--no-bin"]
    command += ["--install-dir", folder, python.key]
    result = uv.run_shown(command, _environ(uv), folder)
    if result.status != 0:
        raise PythonUninstalled(python.key, install_failures.explanation(result.output))


def _file(url: str) -> str:
    """Return the file name in an address. The rest may contain credentials, even the query."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _environ(uv: Uv) -> Mapping[str, str]:
    """Return the environment of commands that may download a Python, unless it is forbidden."""
    others = {name: value for name, value in uv.environ.items() if name != DOWNLOADS}
    asked = uv.python_downloads
    return others | {DOWNLOADS: asked} if asked else others


def wheels_of(uv: Uv, package: Package, cwd: Path, pythons: Iterable[str]) -> list[str]:
    """Return the file names of a package's wheels in its index.

    They are for the first of these Pythons that the package supports, and for newer ones. Empty if
    there are no wheels, or if uv fails.
    """
    command: list[str | Path] = [
        *("uv", "pip", "compile", "--quiet", "--no-header", "--no-deps", "--no-build"),
        *("--universal", "--format", "pylock.toml", *uv.source.options),
    ]
    with tempfile.NamedTemporaryFile("w", suffix="-requirements.txt") as requirements:
        requirements.write(f"{package.name}=={package.version}\n")
        requirements.flush()
        for python in pythons:
            words = [*command, "--python-version", python, requirements.name]
            result = uv.run(words, environ=uv.environ, cwd=cwd)
            if result.status == 0:
                return _WHEEL.findall(result.output)
    return []


_WHEEL = re.compile(r"[^/\"]+\.whl(?=[\"#])")
