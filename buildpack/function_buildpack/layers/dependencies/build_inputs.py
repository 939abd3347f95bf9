"""What a build backend can read when it builds a local package: files, git's state, variables.

The result of a build depends on all three, so they are part of the layer's key. What certainly has
no effect on the result is left out: it would cost a reinstall for nothing.
"""

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.log import redaction
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.system import git, tree
from function_buildpack.system.process import Runner

# Variables that do not change what a build makes: the platform's own, the buildpacks' settings,
# where packages come from and how they are fetched (what uv's variables decide is in the key
# already), the terminal, the number of jobs.
_WITHOUT_EFFECT = re.compile(
    r"(?:BP|BPE|BPL|CNB|GIT_CONFIG|GIT_SSL|OTEL|PIP|SSL|UV|XDG)_.*"
    r"|(?i:(?:HTTP|HTTPS|ALL|NO|FTP)_PROXY)"
    r"|CARGO_BUILD_JOBS|CLICOLOR(?:_FORCE)?|CMAKE_BUILD_PARALLEL_LEVEL|COLUMNS|CURL_CA_BUNDLE"
    r"|FORCE_COLOR|GIT_ASKPASS|GIT_TERMINAL_PROMPT|HOME|HOSTNAME|LINES|MAX_JOBS|NETRC|NO_COLOR"
    r"|OLDPWD|PWD|REQUESTS_CA_BUNDLE|SERVICE_BINDING_ROOT|SHLVL|SSH_.*|TERM|TMPDIR|_"
)
# A new token is no reason for a reinstall, and not even its hash belongs in an image.
_SECRET = re.compile(
    r"(?i)(?:.*_)?(?:auth|credentials?|(?:access|api|private|secret)_?key(?:_id)?|pass|passphrase"
    r"|passwd|password|pat|secret|tokens?|username)(?:_.*)?"
)
_SHOWN = 16  # of a digest: enough to tell two values apart


def variables(environ: Mapping[str, str], asked: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables that a build backend may read and that can change what it makes.

    Each with a digest of its value: the key of a layer is a label of the image, for all to read.
    Secrets are left out, by their names, unless a package says that it reads them (`asked`, see
    `cache_keys`); so are credentials in URLs.
    """
    counted = {name for name in environ if not _WITHOUT_EFFECT.fullmatch(name)}
    counted = {name for name in counted if not _SECRET.fullmatch(name)} | set(asked)
    return {
        name: tree.digest([redaction.urls(environ[name]).encode()])[:_SHOWN]
        for name in sorted(counted)
        if environ.get(name)
    }


def git_state(folders: Iterable[Path], run: Runner, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the state of the checkouts around those of some packages whose build may read it.

    The keys say what it is, such as "git tags". Empty where there is no checkout, or no git: a
    backend can read nothing then either.
    """
    roots = {git.root(folder) for folder in folders if reads_git(folder)}
    states: dict[str, list[str]] = {}
    for root in sorted(path for path in roots if path):
        for name, value in git.state(root, run, environ).items():
            states.setdefault(name, []).append(value)
    return {name: _joined(values) for name, values in states.items()}


def _joined(values: list[str]) -> str:
    """Return the value of a single checkout as it is, of several a digest."""
    first, *others = dict.fromkeys(values)
    return tree.digest(value.encode() for value in (first, *others))[:_SHOWN] if others else first


# They do not ask git for anything that ends up in a package, unless code of the package does.
_WITHOUT_GIT = frozenset(
    {"cython", "flit-core", "hatchling", "packaging", "pdm-backend", "poetry-core", "setuptools"}
    | {"uv-build", "wheel"}
)
# Of the backends' tables in pyproject.toml: they name code of the package, or another source for
# the version than a file (hatchling's "code", PDM's "scm").
_CODE = frozenset({"cmdclass", "custom-hook", "hooks", "run-setuptools", "script", "source"})
_BACKENDS = ("hatch", "pdm", "poetry", "setuptools")


def reads_git(folder: Path) -> bool:
    """Say whether building the package in a folder may read git's state.

    Of a backend that is not known to do without, it is assumed.
    """
    build = Pyproject.read(folder / constants.PYPROJECT).build_system
    requires = (_package(stated) for stated in build.get("requires", ()))
    return runs_own_code(folder) or not _WITHOUT_GIT.issuperset(requires) or cache_keys(folder).git


def runs_own_code(folder: Path) -> bool:
    """Say whether a package brings code for its own build, which may read anything."""
    pyproject = Pyproject.read(folder / constants.PYPROJECT)
    tool = pyproject.table("tool")
    return (
        any((folder / file).is_file() for file in (constants.SETUP_PY, "hatch.toml"))
        or "backend-path" in pyproject.build_system
        or not _CODE.isdisjoint(_keys([tool.get(backend) for backend in _BACKENDS]))
    )


def _package(stated: str) -> str:
    try:
        return canonicalize_name(Requirement(stated).name)
    except InvalidRequirement:
        return ""


def _keys(data: object) -> Iterator[str]:
    """Yield the keys of all tables, however deep."""
    if isinstance(data, Mapping):
        yield from data
        data = [*data.values()]
    for value in data if isinstance(data, list) else ():
        yield from _keys(value)


@dataclass(frozen=True)
class CacheKeys:
    """What a package's build depends on, as its `tool.uv.cache-keys` say."""

    files: tuple[Path, ...] = ()
    variables: tuple[str, ...] = ()
    git: bool = False


def cache_keys(folder: Path) -> CacheKeys:
    """Read what a package says of its own build ("Dynamic metadata" in uv's documentation).

    Other values than uv knows are left to uv, which says what is wrong with them.
    """
    table = Pyproject.read(folder / constants.PYPROJECT).table("tool", "uv")
    entries = table.get("cache-keys", ())
    tables = [{"file": entry} if isinstance(entry, str) else entry for entry in entries]
    patterns = [pattern for entry in tables for pattern in _texts(entry, "file", "dir")]
    found = [
        path
        for pattern in patterns
        for path in glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    ]
    return CacheKeys(
        files=tuple(Path(os.path.normpath(folder / path)) for path in found),
        variables=tuple(name for entry in tables for name in _texts(entry, "env")),
        git=any(entry.get("git") for entry in tables),
    )


def _texts(entry: Mapping[str, Any], *keys: str) -> Iterator[str]:
    yield from (entry[key] for key in keys if isinstance(entry.get(key), str))
