"""`make doctor` as a user calls it."""

import ast
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tools" / "doctor").glob("*.py"))


def doctor(home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it in a new home folder."""
    environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": "", "NO_COLOR": "1"}
    return subprocess.run(
        ["make", "doctor"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_machine_with_a_problem(tmp_path: Path) -> None:
    """It prints the problem and what to do, exits with an error, and changes nothing."""
    missing = str(tmp_path / "none.crt")

    done = doctor(tmp_path, SSL_CERT_FILE=missing)

    assert done.returncode != 0
    assert (
        f"problem SSL_CERT_FILE={missing}: No such file or directory\n        Name a "
        in done.stdout
    )
    assert "\n`make image` would fail. " in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_proxy_for_everything(tmp_path: Path) -> None:
    """It detects a proxy that would get the requests to the started function."""
    proxy = {"http_proxy": "http://127.0.0.1:9", "no_proxy": "", "NO_PROXY": ""}

    assert "problem The proxy is also used for 127.0.0.1" in doctor(tmp_path, **proxy).stdout
    proxy["no_proxy"] = "localhost,127.0.0.1"
    assert "The proxy is also used for" not in doctor(tmp_path, **proxy).stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_starts_on_an_old_python(path: Path) -> None:
    """Python 3.8 can parse it, so that it can report that this Python is too old."""
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
