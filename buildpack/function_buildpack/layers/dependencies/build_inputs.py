"""What a build backend can read when it builds a local package: files, git's state, variables.

The result of a build depends on all three, so they are part of the layer key. Inputs that certainly
have no effect are not: they would cause needless reinstallations.
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

# Variables that do not change the result of a build: those of the platform and the buildpacks, of
# package indexes and downloads, the terminal, the number of jobs. The key has uv's variables apart.
_WITHOUT_EFFECT = re.compile(
    r"(?:BP|BPE|BPL|CNB|GIT_CONFIG|GIT_SSL|OTEL|PIP|SSL|UV|XDG)_.*"
    r"|(?i:(?:HTTP|HTTPS|ALL|NO|FTP)_PROXY)"
    r"|CARGO_BUILD_JOBS|CLICOLOR(?:_FORCE)?|CMAKE_BUILD_PARALLEL_LEVEL|COLUMNS|CURL_CA_BUNDLE"
    r"|FORCE_COLOR|GIT_ASKPASS|GIT_TERMINAL_PROMPT|HOME|HOSTNAME|LINES|MAX_JOBS|NETRC|NO_COLOR"
    r"|OLDPWD|PWD|REQUESTS_CA_BUNDLE|SERVICE_BINDING_ROOT|SHLVL|SSH_.*|TERM|TMPDIR|_"
)
# A new token does not require a reinstallation, and an image must not contain even its hash.
_SECRET = re.compile(
    r"(?i)(?:.*_)?(?:auth|credentials?|(?:access|api|private|secret)_?key(?:_id)?|pass|passphrase"
    r"|passwd|password|pat|secret|tokens?|username)(?:_.*)?"
)
_DIGEST_LENGTH = 16


def variables(environ: Mapping[str, str], asked: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables that can change the result of a build backend, with digests.

    The layer key is a label of the image, which everybody can read, so it has a digest of each
    value. Variables with the name of a secret are excluded, unless a package declares that it reads
    them (`asked`, see `cache_keys`). Credentials in URLs are excluded as well.
    """
    counted = {name for name in environ if not _WITHOUT_EFFECT.fullmatch(name)}
    counted = {name for name in counted if not _SECRET.fullmatch(name)} | set(asked)
    return {
        name: tree.digest([redaction.urls(environ[name]).encode()])[:_DIGEST_LENGTH]
        for name in sorted(counted)
        if environ.get(name)
    }


def git_state(folders: Iterable[Path], run: Runner, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the state of the git checkouts that the builds of these packages may read.

    The keys are descriptions, such as "git tags". Empty if there is no checkout or no git: then a
    backend cannot read it either.
    """
    roots = {git.root(folder) for folder in folders if reads_git(folder)}
    states: dict[str, list[str]] = {}
    for root in sorted(path for path in roots if path):
        for name, value in git.state(root, run, environ).items():
            states.setdefault(name, []).append(value)
    return {name: _joined(values) for name, values in states.items()}


def _joined(values: list[str]) -> str:
    """Return the value of a single checkout, or a digest of several."""
    first, *others = dict.fromkeys(values)
    if not others:
        return first
    return tree.digest(value.encode() for value in (first, *others))[:_DIGEST_LENGTH]


# These put nothing from git into a package, unless code of the package does.
_WITHOUT_GIT = frozenset(
    {"cython", "flit-core", "hatchling", "packaging", "pdm-backend", "poetry-core", "setuptools"}
    | {"uv-build", "wheel"}
)
# Keys in the backends' tables of pyproject.toml that name code of the package, or a source of the
# version that is not a file (hatchling's "code", PDM's "scm").
_CODE = frozenset({"cmdclass", "custom-hook", "hooks", "run-setuptools", "script", "source"})
_BACKENDS = ("hatch", "pdm", "poetry", "setuptools")


def reads_git(folder: Path) -> bool:
    """Return whether building the package in a folder may read git's state.

    Unknown backends are assumed to read it.
    """
    build = Pyproject.read(folder / constants.PYPROJECT).build_system
    requires = (_package(requirement) for requirement in build.get("requires", ()))
    return runs_own_code(folder) or not _WITHOUT_GIT.issuperset(requires) or cache_keys(folder).git


def runs_own_code(folder: Path) -> bool:
    """Return whether a package has code for its own build, which may read anything."""
    pyproject = Pyproject.read(folder / constants.PYPROJECT)
    tool = pyproject.table("tool")
    return (
        any((folder / file).is_file() for file in (constants.SETUP_PY, "hatch.toml"))
        or "backend-path" in pyproject.build_system
        or not _CODE.isdisjoint(_keys([tool.get(backend) for backend in _BACKENDS]))
    )


def _package(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def _keys(data: object) -> Iterator[str]:
    """Yield the keys of all tables, at any depth."""
    if isinstance(data, Mapping):
        yield from data
        data = [*data.values()]
    for value in data if isinstance(data, list) else ():
        yield from _keys(value)


@dataclass(frozen=True)
class CacheKeys:
    """What a package's build depends on, as declared in `tool.uv.cache-keys`."""

    files: tuple[Path, ...] = ()
    variables: tuple[str, ...] = ()
    git: bool = False


def cache_keys(folder: Path) -> CacheKeys:
    """Read the declared inputs of a package's build ("Dynamic metadata" in uv's documentation).

    uv reports values that it does not know.
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
