"""Addresses of packages whose contents may change.

A requirement names a git repository with a branch, a tag, or nothing. A build notes the commit, and
the next one queries the repository for a new one. An archive at a URL without a hash is only noted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.image.distributions import Distribution
from function_buildpack.log import url_redaction
from function_buildpack.system import git
from function_buildpack.system.process import Runner

_VCS = "git+"


def noted(installed: Iterable[Distribution]) -> dict[str, str]:
    """Return the addresses of packages without secrets, repositories as `git+address@name`.

    Each has its commit, or an empty text for an archive. Packages that are pinned by a commit or a
    hash, and local ones, are excluded.
    """
    origins = [item.origin for item in installed if item.origin and item.origin.address]
    return {
        f"{origin.address}@{origin.revision or git.HEAD}" if origin.commit else origin.address: (
            origin.commit
        )
        for origin in origins
        if not (origin.is_pinned or origin.sha256)
    }


@dataclass(frozen=True)
class RemoteCommits:
    """The current commit of each reference, and why some queries failed."""

    commits: Mapping[str, str]
    failures: Mapping[str, str]


def look_up(
    noted: Mapping[str, str],
    texts: Iterable[str],
    run: Runner,
    environ: Mapping[str, str],
    cwd: Path,
) -> RemoteCommits:
    """Query each repository for its current commit. `texts` may have credentials for it.

    If a query fails, the noted commit stays.
    """
    # The longest spelling of an address has credentials.
    spelled = sorted({address for text in texts for address in _spelled(text)}, key=len)
    known = {url_redaction.public(address): address for address in spelled}
    commits, failures = dict(noted), dict[str, str]()
    for reference in (address for address, commit in noted.items() if commit):
        address, _, name = reference.removeprefix(_VCS).rpartition("@")
        answer = git.remote_commit(known.get(address, address), name, run, environ, cwd)
        if answer.failure:
            failures[reference] = answer.failure
        else:
            commits[reference] = answer.commit
    return RemoteCommits(commits, failures)


_ADDRESS = re.compile(r"(?:https?|ssh)://[^\s\"'#;,]+")
_NAMED = re.compile(r"(\w+://[^/]*/[^@]*)@.*")  # an @ before the path ends a user name


def _spelled(text: str) -> Iterator[str]:
    """Yield the addresses in a text, with credentials, but without a branch or tag."""
    yield from (_NAMED.sub(r"\1", found) for found in _ADDRESS.findall(text))
