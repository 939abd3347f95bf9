"""tools/pack/pack.sh: the settings for the real pack."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from contract.phases import ROOT

RUNS = 16
# Stands where the built pack stands, and says what it was called with.
RECORDER = """#!/bin/sh
echo "$PACK_HOME|${PACK_VOLUME_KEY:-}|$*"
"""


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """Return the wrapper, in a tree with a pack that only records."""
    settings = tmp_path / "tools" / "pack"
    settings.mkdir(parents=True)
    for name in ("pack.sh", "config.toml"):
        shutil.copy(ROOT / "tools" / "pack" / name, settings)
    recorder = tmp_path / ".tools" / "libexec" / "pack"
    recorder.parent.mkdir(parents=True)
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    return settings / "pack.sh"


def start(command: Path, cache: Path, **others: str) -> subprocess.Popen[str]:
    """Call the wrapper as `pack build NAME`, with the test's cache folder."""
    environ = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(cache), **others}
    return subprocess.Popen(
        [command, "build", "myfn"], env=environ, text=True, stdout=subprocess.PIPE
    )


def test_builds_at_a_time_share_one_volume_key(command: Path, tmp_path: Path) -> None:
    """Two builds at the same time break pack's file of keys. With a key, pack writes none."""
    runs = [start(command, tmp_path / "cache") for _ in range(RUNS)]
    answers = {run.communicate()[0].strip() for run in runs}

    assert {0} == {run.returncode for run in runs}
    assert 1 == len(answers)
    home, key, arguments = answers.pop().split("|")
    assert str(tmp_path / "cache" / "knative-python" / "pack") == home
    assert 30 == len(key)
    assert "build myfn" == arguments


def test_settings_are_ours_and_the_key_is_secret(command: Path, tmp_path: Path) -> None:
    """The folder has pack's configuration, a key for its owner only, and no other file."""
    start(command, tmp_path / "cache").communicate()
    home = tmp_path / "cache" / "knative-python" / "pack"

    assert ["config.toml", "volume-key"] == sorted(path.name for path in home.iterdir())
    assert 0o600 == stat.S_IMODE((home / "volume-key").stat().st_mode)
    assert (home / "config.toml").read_text() == (command.parent / "config.toml").read_text()


def test_without_colours(command: Path, tmp_path: Path) -> None:
    """NO_COLOR becomes pack's option, which takes the colours out of a build's log too."""
    said = start(command, tmp_path / "cache", NO_COLOR="1").communicate()[0]

    assert "--no-color build myfn" == said.strip().split("|")[2]


def test_the_users_own_settings_stay(command: Path, tmp_path: Path) -> None:
    """PACK_HOME and PACK_VOLUME_KEY of the environment are passed to pack."""
    cache, home = tmp_path / "cache", str(tmp_path / "mine")

    assert f"{home}||build myfn\n" == start(command, cache, PACK_HOME=home).communicate()[0]
    keyed = start(command, cache, PACK_VOLUME_KEY="given").communicate()[0]
    assert "given" == keyed.split("|")[1]
