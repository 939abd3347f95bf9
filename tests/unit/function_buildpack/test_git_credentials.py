"""What git is told of a netrc."""

import subprocess
import sys
from pathlib import Path

import pytest

from function_buildpack import git_credentials

NETRC = "machine git.example.com login someone password secret\n"
FOUND = "username=someone\npassword=secret\n"


@pytest.mark.parametrize(
    ("operation", "question", "answer"),
    [
        ("get", "protocol=https\nhost=git.example.com\n\n", FOUND),
        ("get", "protocol=https\nhost=git.example.com:8443\npath=a=b\n", FOUND),
        ("get", "protocol=https\nhost=example.com\n", ""),
        ("get", "", ""),
        ("store", "host=git.example.com\n", ""),
        ("erase", "host=git.example.com\n", ""),
    ],
)
def test_main(tmp_path: Path, operation: str, question: str, answer: str) -> None:
    """A host's login and password are the answer to a question for them, and to nothing else."""
    (tmp_path / "netrc").write_text(NETRC)

    said = subprocess.run(
        [sys.executable, git_credentials.__file__, tmp_path / "netrc", operation],
        input=question,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout

    assert answer == said
