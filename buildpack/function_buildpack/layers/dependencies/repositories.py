"""Addresses that packages are from and where something else may be tomorrow.

A git repository is named with a branch, a tag, or nothing. A build notes the commit that it was;
the next one asks the repository again. An archive at a URL without a hash is noted, not asked for.
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

    Each with its commit, or nothing for an archive. What was asked for by its commit or with a hash
    cannot move and is left out; so is what is on disk.
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
class Asked:
    """What repositories say now: the commit of each name, and why some could not be asked."""

    commits: Mapping[str, str]
    failures: Mapping[str, str]


def ask(
    noted: Mapping[str, str],
    texts: Iterable[str],
    run: Runner,
    environ: Mapping[str, str],
    cwd: Path,
) -> Asked:
    """Ask each repository for the commit that its name has now; `texts` may have credentials.

    One that cannot be asked keeps the commit that was noted.
    """
    # The longest of an address, which has credentials.
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
    return Asked(commits, failures)


_ADDRESS = re.compile(r"(?:https?|ssh)://[^\s\"'#;,]+")
_NAMED = re.compile(r"(\w+://[^/]*/[^@]*)@.*")  # in front of the path an @ is behind a user


def _spelled(text: str) -> Iterator[str]:
    """Yield the addresses in a text as they stand there, without the names behind them."""
    yield from (_NAMED.sub(r"\1", found) for found in _ADDRESS.findall(text))
