"""Packages are installed if possible, with a message."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT
from tools.cache.cache import Cache
from tools.console import Failure
from tools.machine import packages

# Stands where apt-get stands; it fails before it was asked for the package lists.
_APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >>"$0.log"
case "$*" in *update*) touch "$0.lists" ;; *) [ -e "$0.lists" ] ;; esac
"""


def run(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Install a package, with the programs of a folder alone."""
    command = [sys.executable, "-I", "-B", "-c", _SCRIPT, str(ROOT), "docker.io", "iptables"]
    environ = {**os.environ, "PATH": f"{tmp_path}:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


_SCRIPT = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from tools import command
from tools.machine import packages
command.run(lambda names, settings: packages.install(settings.cache, *names))
"""


def test_nothing_is_installed_for_what_is_there(tmp_path: Path) -> None:
    """Nothing is installed for programs on the PATH."""
    packages.need(Cache(tmp_path), ["sh", "env"], "no-such-package")

    assert [] == list(tmp_path.iterdir())


def test_it_is_announced_first(tmp_path: Path) -> None:
    """A message has the packages and the user. The package lists are updated if needed."""
    (tmp_path / "apt-get").write_text(_APT)
    (tmp_path / "apt-get").chmod(0o755)

    done = run(tmp_path)

    if os.geteuid():
        assert "only root can install them\n  Run: sudo apt-get install docker.io" in done.stderr
        return
    announced, ended = done.stderr.splitlines()
    assert (0, "==> Installing docker.io iptables with apt (as root)") == (
        done.returncode,
        announced,
    )
    assert ended.startswith("  Installing docker.io iptables with apt: done in ")
    calls = (tmp_path / "apt-get.log").read_text().splitlines()
    assert ["install", "update", "install"] == [
        next(word for word in call.split() if word in {"install", "update"}) for call in calls
    ]
    assert all(call.startswith("noninteractive ") for call in calls)


def test_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the packages to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Failure, match="there is no apt-get") as failed:
        packages.install(Cache(tmp_path / "cache"), "docker.io", "iptables")

    assert "Install by hand: docker.io iptables" in str(failed.value)


# Stands where apt-get stands: "downloads" packages, each with a file of its name.
_DOWNLOADS = """#!/bin/sh
shift
for name in "$@"; do
    mkdir -p "$name/DEBIAN" "$name/usr/bin" && touch "$name/usr/bin/$name"
    printf '%s\\n' "Package: $name" 'Version: 1' 'Architecture: all' 'Maintainer: a <a@b.c>' \\
        'Description: a' >"$name/DEBIAN/control"
    dpkg-deb --build "$name" "${name}_1_all.deb" && rm -r "$name"
    echo "$name" >>"$0.log"
done
"""


def test_packages_are_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their files are in a folder of the cache, without the packages themselves."""
    (tmp_path / "apt-get").write_text(_DOWNLOADS)
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    cache = Cache(tmp_path / "cache")

    folder = packages.unpack(cache, "two programs", ["one", "two"])
    packages.unpack(cache, "two programs", ["two", "one"])

    assert packages.folder(cache, ["one", "two"]) == folder
    assert ["one", "two"] == sorted(path.name for path in (folder / "usr" / "bin").iterdir())
    assert ["usr"] == [path.name for path in folder.iterdir()]
    assert ["one", "two"] == (tmp_path / "apt-get.log").read_text().splitlines()


def test_a_download_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the download, and no incomplete folder is left."""
    monkeypatch.setenv("PATH", str(tmp_path))
    cache = Cache(tmp_path / "cache")

    with pytest.raises(Failure, match="etcd cannot be downloaded") as failed:
        packages.unpack(cache, "etcd", ["etcd-server"])

    assert "Debian packages: etcd-server" in str(failed.value)
    assert [] == list(packages.folder(cache, ["etcd-server"]).parent.iterdir())
