"""Reads what a git checkout says of itself, from its files: the build needs no git for it.

Formats: git's documentation, "gitrepository-layout" and "git-config". What cannot be read says
nothing: a label is worth no failed build.
"""

import configparser
import re
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import addresses


@dataclass(frozen=True)
class Checkout:
    """The commit that is checked out, and the remote repository, without credentials."""

    revision: str = ""
    remote: str = ""


_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH = re.compile(r"ref: (refs/(?!.*\.\.).+)")  # no name of git's has two dots in a row


def read(folder: Path) -> Checkout:
    """Read the checkout that the folder is in, as git finds it: there or above."""
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
    return addresses.public(config.get('remote "origin"', "url", fallback="") or "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
