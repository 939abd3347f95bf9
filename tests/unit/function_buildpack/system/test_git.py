"""Git checkouts: by their files without git, and by running git."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from function_buildpack.system import git, process
from function_buildpack.system.git import Checkout, RemoteCommit
from function_buildpack.system.process import Result

REMOTE = "https://me:secret@example.com/me/function.git"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a commit and a remote, made by git."""
    run(tmp_path, "init", "--quiet", "--initial-branch", "feature/x")
    run(tmp_path, "remote", "add", "origin", REMOTE)
    run(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "First")
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    """Run git."""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, text=True, stdout=subprocess.PIPE
    ).stdout.strip()


def test_read(checkout: Path) -> None:
    """The commit and the remote, without its credentials, also from a folder below."""
    below = checkout / "functions" / "a"
    below.mkdir(parents=True)

    expected = Checkout(run(checkout, "rev-parse", "HEAD"), "https://example.com/me/function.git")
    assert expected == git.read(checkout)
    assert expected == git.read(below)


def test_read_packed(checkout: Path) -> None:
    """A branch that git has packed is found in its list."""
    run(checkout, "branch", "another")
    run(checkout, "pack-refs", "--all")

    assert not (checkout / ".git" / "refs" / "heads" / "feature").exists()
    assert run(checkout, "rev-parse", "HEAD") == git.read(checkout).revision


def test_read_detached(checkout: Path) -> None:
    """CI systems check commits out, not branches."""
    run(checkout, "checkout", "--quiet", "--detach")

    assert run(checkout, "rev-parse", "HEAD") == git.read(checkout).revision


def test_read_unborn(tmp_path: Path) -> None:
    """A repository without a commit and a remote has no values."""
    run(tmp_path, "init", "--quiet")

    assert Checkout() == git.read(tmp_path)


def test_read_none(tmp_path: Path) -> None:
    """Neither has a folder without a checkout, or a .git file that points elsewhere."""
    (tmp_path / ".git").write_text("gitdir: /elsewhere\n")

    assert Checkout() == git.read(tmp_path)


@pytest.mark.parametrize("config", ["no section", '[remote "origin"]\n\turl\n', "[core]\n"])
@pytest.mark.parametrize(
    "head", ["ref: ../../secret\n", "ref: refs/../../../secret", "secret", "\xff"]
)
def test_read_damaged(tmp_path: Path, head: str, config: str) -> None:
    """Damaged files have no values, and a reference never leads outside .git."""
    folder = tmp_path / "a" / "b"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_bytes(head.encode("latin-1"))
    (folder / ".git" / "config").write_text(config)
    (tmp_path / "a" / "secret").write_text("0" * 40)

    assert Checkout() == git.read(folder)


def test_read_without_config(checkout: Path) -> None:
    """A missing value does not affect the others."""
    (checkout / ".git" / "config").unlink()
    shutil.rmtree(checkout / ".git" / "objects")

    found = git.read(checkout)

    assert len(found.revision) == 40
    assert "" == found.remote


def changed(checkout: Path, before: dict[str, str]) -> set[str]:
    """Return the changed parts of a checkout's state."""
    now = git.state(checkout, process.run, os.environ)
    return {name for name in now if now[name] != before[name]}


@pytest.mark.parametrize(
    ("commands", "what"),
    [
        (["pack-refs --all"], set()),
        (["tag v1"], {"git tags"}),
        (["tag --annotate v1 --message x"], {"git tags"}),
        (["tag v1", "pack-refs --all"], {"git tags"}),
        (["commit --quiet --allow-empty --message x"], {"git commit"}),
        (["checkout --quiet -b other"], {"git branch"}),
        (["checkout --quiet --detach"], {"git branch"}),
        (["rm --quiet --cached file"], {"uncommitted files"}),
        (["clone --quiet . new"], {"uncommitted files"}),
    ],
)
def test_state(checkout: Path, commands: list[str], what: set[str]) -> None:
    """Each source of a version has a name, and nothing else counts."""
    (checkout / "file").touch()
    run(checkout, "add", "file")
    run(checkout, "commit", "--quiet", "--message", "A file")
    (checkout / "below").mkdir()
    before = git.state(checkout / "below", process.run, os.environ)

    for command in commands:
        run(checkout, *command.split())

    assert what == changed(checkout, before)


def test_state_of_a_shallow_clone(checkout: Path) -> None:
    """The length of the history counts: tools count the commits since a tag."""
    run(checkout, "commit", "--quiet", "--allow-empty", "--message", "Second")
    run(checkout, "clone", "--quiet", "--depth=1", checkout.as_uri(), "clone")
    clone = checkout / "clone"
    before = git.state(clone, process.run, os.environ)

    run(clone, "fetch", "--quiet", "--unshallow")

    assert {"git history"} == changed(clone, before)


def test_state_of_a_worktree(checkout: Path) -> None:
    """The state of a worktree is in another folder."""
    run(checkout, "worktree", "add", "--quiet", "-b", "side", "tree")

    state = git.state(checkout / "tree", process.run, os.environ)

    expected = (run(checkout, "rev-parse", "HEAD"), "side")
    assert expected == (state["git commit"], state["git branch"])


def test_state_of_nothing(tmp_path: Path) -> None:
    """Without a checkout, or without git, there is no state."""
    assert {} == git.state(tmp_path, process.run, os.environ)
    assert {} == git.state(tmp_path, process.run, {"PATH": ""})


def ask(repository: Path, name: str, path: str = os.environ["PATH"]) -> RemoteCommit:
    """Query a repository for a name, from a folder without a checkout."""
    environ = {"PATH": path, "HOME": "/nonexistent"}
    return git.remote_commit(str(repository), name, process.run, environ, Path("/"))


def test_remote_commit(checkout: Path) -> None:
    """A branch comes before a tag; of an annotated tag it is the commit, not the tag."""
    first = run(checkout, "rev-parse", "HEAD")
    run(checkout, "tag", "--annotate", "v1", "--message", "x")
    run(checkout, "tag", "both")
    run(checkout, "checkout", "--quiet", "-b", "both")
    run(checkout, "commit", "--quiet", "--allow-empty", "--message", "Second")
    second = run(checkout, "rev-parse", "HEAD")

    asked = [ask(checkout, name) for name in ("feature/x", "x", "v1", "refs/tags/both", "both")]
    assert [first, "", first, first, second] == [answer.commit for answer in asked]
    assert RemoteCommit(second) == ask(checkout, git.HEAD)


def test_remote_commit_fails(tmp_path: Path) -> None:
    """A failed query has a reason: git's message, or that there is no git."""
    words = f"'{tmp_path}' does not appear to be a git repository"

    assert RemoteCommit(failure=words) == ask(tmp_path, "main")
    assert RemoteCommit(failure="there is no git") == ask(tmp_path, "main", path="")


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        (Result(-9, "", in_time=False), "no response in 15 s"),
        (Result(128, "error: x\n"), "git exited with status 128"),
    ],
)
def test_remote_commit_without_words(tmp_path: Path, result: Result, failure: str) -> None:
    """A repository that hangs is given up, and a failure without a reason is one."""
    asked = git.remote_commit("https://example.org", "main", lambda *_, **__: result, {}, tmp_path)

    assert RemoteCommit(failure=failure) == asked
