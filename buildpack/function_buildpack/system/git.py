"""Reads git checkouts and remote repositories.

For labels, it reads the checkout's files, so that the build needs no git for them. Formats: git's
documentation, "gitrepository-layout" and "git-config". Unreadable files are ignored: a missing
label should not fail a build.

For the state that a build backend may read, and for remote repositories, it runs git.
"""

import configparser
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log import url_redaction
from function_buildpack.log.errors.tools import ToolMissing
from function_buildpack.system.process import Runner


@dataclass(frozen=True)
class Checkout:
    """The checked-out commit, and the remote repository without credentials."""

    revision: str = ""
    remote: str = ""


_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH = re.compile(r"ref: (refs/(?!.*\.\.).+)")  # git allows no name with two dots in a row


def read(folder: Path) -> Checkout:
    """Read the checkout that contains the folder, by git's rules."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if head := _text(git / "HEAD").strip():
            return Checkout(_revision(git, head), _remote(git))
    return Checkout()


def _revision(git: Path, head: str) -> str:
    if match := _BRANCH.fullmatch(head):
        head = _text(git / match[1]).strip() or _packed(git, match[1])
    return head if _COMMIT.fullmatch(head) else ""


def _packed(git: Path, name: str) -> str:
    for line in _text(git / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return ""


def _remote(git: Path) -> str:
    config = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        config.read_string(_text(git / "config"))
    except configparser.Error:
        return ""
    return url_redaction.public(config.get('remote "origin"', "url", fallback="") or "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def root(folder: Path) -> Path | None:
    """Return the root of the checkout that contains a folder, if there is one."""
    return next(
        (parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None
    )


# For checkouts of any owner, and without locks and processes that only make git faster.
_GIT = ("git", "--no-optional-locks", "-c", "safe.directory=*", "-c", "core.fsmonitor=false")


def state(folder: Path, run: Runner, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the state of a folder's checkout that tools read to derive a version from git.

    The keys are descriptions for users. Empty if there is no checkout or no git.
    """

    def ask(*words: str) -> str:
        answer = run([*_GIT, *words], environ=environ, cwd=folder)
        return answer.output if answer.status == 0 else ""

    try:
        status = ask("status", "--porcelain=v2", "--branch").splitlines()
    except ToolMissing:
        return {}
    said = dict(line[2:].split(" ", 1) for line in status if line.startswith("# branch."))
    if not said:
        return {}
    changes = {"untracked" if line[0] == "?" else "tracked" for line in status if line[0] != "#"}
    tags = ask("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
    # The ends of a shallow clone's history, which change the number of commits since a tag.
    shallow = _text(folder / ask("rev-parse", "--git-path", "shallow").strip())
    return {
        "git commit": said.get("branch.oid", ""),
        "git branch": said.get("branch.head", ""),
        "git tags": _digest(tags),
        "git history": _digest(shallow),
        "uncommitted files": "+".join(sorted(changes)),
    }


HEAD = "HEAD"
_SECONDS = 15.0  # the time limit for a remote repository


@dataclass(frozen=True)
class RemoteCommit:
    """The commit of a name in a remote repository, or why the query failed."""

    commit: str = ""
    failure: str = ""


def remote_commit(
    address: str, name: str, run: Runner, environ: Mapping[str, str], cwd: Path
) -> RemoteCommit:
    """Query a repository for the commit of a branch, a tag, another ref, or HEAD.

    The commit is empty if the name does not exist any more.
    """
    # In uv's order. For an annotated tag, the commit that it points to.
    refs = [f"refs/heads/{name}", f"refs/tags/{name}^{{}}", f"refs/tags/{name}", name]
    command = ["git", "ls-remote", "--", address, *refs]
    silent = {**environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        answer = run(command, environ=silent, cwd=cwd, limit=_SECONDS)
    except ToolMissing:
        return RemoteCommit(failure="there is no git")
    if not answer.in_time:
        return RemoteCommit(failure=f"no response in {_SECONDS:.0f} s")
    if answer.status != 0:
        said = answer.output.partition("fatal: ")[2].partition("\n")[0]
        return RemoteCommit(failure=said or f"git exited with status {answer.status}")
    lines = (line.split("\t", 1) for line in answer.output.splitlines() if "\t" in line)
    found = {ref: commit for commit, ref in lines}
    return RemoteCommit(next((found[ref] for ref in refs if ref in found), ""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
