"""The checks before a version is created."""

import subprocess
from pathlib import Path

import pytest

from stack import provenance, release, version
from stack.description import variants
from stack.release import Order
from tools.console import Failure

TOML = 'version = "0.1.0"\n'


def order(number: str, folder: Path, variant: str = "tiny", tag: str = "") -> Order:
    """Return an order of a version."""
    return Order(
        version=number,
        registry="localhost:5000/me",
        variant=variants.select(variant),
        is_locked=True,
        tag=tag,
        builder=provenance.LOCAL,
        out=folder / "dist" / number,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone that has something to release."""
    folder = tmp_path / "clone"
    for name in version.FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TOML)
    (folder / version.CHANGELOG).write_text("## Unreleased\n\n- One thing.\n")
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "me")
    git(folder, "config", "user.email", "me@example.com")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "First")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return its output."""
    done = subprocess.run(
        ["git", "-C", folder, *arguments], check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout.strip()


@pytest.mark.parametrize("number", ["0.1.0", "0.1.1", "1.0.0"])
def test_version_to_make(clone: Path, tmp_path: Path, number: str) -> None:
    """A version can be created if it is not older than the present one and has no tag."""
    assert git(clone, "rev-parse", "HEAD") == release.check(order(number, tmp_path), clone)


def test_older_version(clone: Path, tmp_path: Path) -> None:
    """Versions only grow."""
    with pytest.raises(Failure, match=r"0\.0\.9 is older than 0\.1\.0"):
        release.check(order("0.0.9", tmp_path), clone)


@pytest.mark.parametrize("name", ["CHANGELOG.md", "new"])
def test_changes_that_are_not_committed(clone: Path, tmp_path: Path, name: str) -> None:
    """Uncommitted changes are an error: they would not be in the version."""
    (clone / name).write_text("## Unreleased\n\n- Another.\n")

    with pytest.raises(Failure, match="not committed") as failure:
        release.check(order("0.2.0", tmp_path), clone)

    assert name in failure.value.details[0]


def test_version_of_another_commit(clone: Path, tmp_path: Path) -> None:
    """A version is not created twice, but it can be published again at its own commit."""
    git(clone, "tag", "--annotate", "--message", "x", "v0.2.0")
    assert git(clone, "rev-parse", "HEAD") == release.check(order("0.2.0", tmp_path), clone)
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "Second")

    with pytest.raises(Failure, match=r"0\.2\.0 already exists"):
        release.check(order("0.2.0", tmp_path), clone)


def test_nothing_to_release(clone: Path, tmp_path: Path) -> None:
    """Without changes in the changelog, no version is created."""
    git(clone, "rm", "--quiet", "--cached", version.CHANGELOG)
    (clone / version.CHANGELOG).write_text("# Changelog\n")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message", "Second")

    with pytest.raises(Failure, match="Unreleased"):
        release.check(order("0.2.0", tmp_path), clone)


def test_folder_that_is_not_empty(clone: Path, tmp_path: Path) -> None:
    """The files of another run are not mixed with this one's."""
    there = order("0.2.0", tmp_path)
    there.out.mkdir(parents=True)
    assert git(clone, "rev-parse", "HEAD") == release.check(there, clone)
    (there.out / "digests.json").touch()

    with pytest.raises(Failure, match="is not empty"):
        release.check(there, clone)


@pytest.mark.parametrize(
    ("variant", "tag", "expected"),
    [
        ("tiny", "", ("1.2.3", "latest")),
        ("base", "", ("1.2.3-base", "base")),
        ("tiny", "1.2.3-arm64", ("1.2.3-arm64",)),
    ],
)
def test_tags_of_images(tmp_path: Path, variant: str, tag: str, expected: tuple[str, ...]) -> None:
    """The tag that moves with each version is pushed last."""
    assert expected == order("1.2.3", tmp_path, variant, tag).image_tags


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://me:secret@example.com/me/it.git", "https://example.com/me/it.git"),
        ("https://example.com/me/it.git", "https://example.com/me/it.git"),
        ("git@example.com:me/it.git", "ssh://example.com/me/it.git"),
        ("ssh://git@example.com:22/me/it", "ssh://example.com:22/me/it"),
        ("/a/folder", "file:///a/folder"),
    ],
)
def test_source_without_credentials(remote: str, expected: str) -> None:
    """The provenance is for everybody, and is a URI: no user, no token, no scp-like address."""
    assert expected == provenance.uri(remote)


def test_latest_is_pushed_after_the_tag(tmp_path: Path) -> None:
    """The lines of --dry-run are in the order of the steps."""
    lines = release.plan(order("99.0.0", tmp_path), "0123456789abcdef")
    kinds = [line.rpartition(":")[2] if line.startswith("Push") else line[:6] for line in lines]

    assert ["Commit", *["99.0.0"] * 4, "Tag it", *["latest"] * 4, "Write "] == kinds
