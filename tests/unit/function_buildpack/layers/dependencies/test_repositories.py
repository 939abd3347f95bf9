"""Addresses whose contents may change, with real repositories and git."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.image.distributions import DirectUrl, Distribution
from function_buildpack.image.licenses import License
from function_buildpack.layers.dependencies import repositories
from function_buildpack.layers.dependencies.repositories import RemoteCommits
from function_buildpack.system import process

COMMIT = "0123456789abcdef0123456789abcdef01234567"
URL = "https://example.org/a.git"


@pytest.mark.parametrize(
    ("origin", "noted"),
    [
        (DirectUrl(f"git+{URL}", COMMIT, "main"), {f"git+{URL}@main": COMMIT}),
        (DirectUrl(f"git+{URL}", COMMIT), {f"git+{URL}@HEAD": COMMIT}),
        (DirectUrl(f"git+{URL}", COMMIT, COMMIT), {}),
        (DirectUrl(f"git+{URL}", COMMIT, COMMIT[:7]), {}),
        (DirectUrl("", COMMIT, "main"), {}),  # a folder
        (DirectUrl(), {}),
        (None, {}),
        (DirectUrl("https://example.org/main.tar.gz"), {"https://example.org/main.tar.gz": ""}),
        (DirectUrl("https://example.org/a.whl", sha256="0"), {}),
    ],
)
def test_noted(origin: DirectUrl | None, noted: dict[str, str]) -> None:
    """Branches, tags and archives without a hash are noted. Pinned packages are not."""
    assert noted == repositories.noted([Distribution("a", "1", License("MIT"), origin=origin)])


@pytest.mark.parametrize(
    "text",
    [
        "a @ git+https://me:secret@example.org/a.git@main#egg=a",
        "--find-links x\n\ta@git+https://me:secret@example.org/a.git",
        'a = { git = "https://me:secret@example.org/a.git", branch = "main" }',
        "git+https://example.org/a.git/other https://me:secret@example.org/a.git",
    ],
)
def test_credentials(tmp_path: Path, text: str) -> None:
    """A repository is queried with the credentials in a manifest."""
    commands: list[Sequence[str | Path]] = []

    def run(command: Sequence[str | Path], **_: Any) -> process.Result:
        commands.append(command)
        return process.Result(0, f"{COMMIT}\trefs/heads/main\n")

    repositories.look_up({f"git+{URL}@main": COMMIT}, [text], run, {}, tmp_path)

    assert ["https://me:secret@example.org/a.git"] == [command[3] for command in commands]


def test_credentials_of_one_text(tmp_path: Path) -> None:
    """Of several spellings of an address, the one with credentials is used."""
    text = "https://a:secret@example.org/a.git https://example.org/a.git"
    commands: list[Sequence[str | Path]] = []

    def run(command: Sequence[str | Path], **_: Any) -> process.Result:
        commands.append(command)
        return process.Result(0, "")

    repositories.look_up({f"git+{URL}@main": COMMIT}, [text], run, {}, tmp_path)

    assert ["https://a:secret@example.org/a.git"] == [command[3] for command in commands]


def test_look_up(tmp_path: Path) -> None:
    """The commit of a name is looked up, also if the address has a user."""
    asked: list[tuple[Any, ...]] = []

    def run(command: Sequence[str | Path], *, cwd: Path, **_: Any) -> process.Result:
        asked.append((command[3], command[4], cwd))
        return process.Result(0, "1\trefs/heads/main\n")

    reference = "git+ssh://git@example.org/a.git@main"
    found = repositories.look_up({reference: COMMIT}, [], run, {}, tmp_path)

    assert [("ssh://git@example.org/a.git", "refs/heads/main", tmp_path)] == asked
    assert RemoteCommits({reference: "1"}, {}) == found


def test_ask(tmp_path: Path) -> None:
    """Names are queried, archives are not. A failed query keeps the commit, with a reason."""
    noted = {"git+https://127.0.0.1:9/a.git@main": COMMIT, "https://127.0.0.1:9/b.tar.gz": ""}

    asked = repositories.look_up(noted, [], process.run, os.environ, tmp_path)

    (reference,) = asked.failures
    assert RemoteCommits(noted, {reference: asked.failures[reference]}) == asked
    assert "unable to access 'https://127.0.0.1:9/a.git/'" in asked.failures[reference]
