"""Keys, certificates and users of a cluster."""

import stat
from pathlib import Path

import pytest
import yaml

from tools import process
from tools.cluster import credentials
from tools.cluster.credentials import USERS, User
from tools.cluster.settings import Cluster


@pytest.fixture
def made(cluster: Cluster) -> Cluster:
    """A cluster with its credentials."""
    credentials.make(cluster)
    return cluster


def test_certificates(made: Cluster) -> None:
    """Both are signed by the authority, and have the names that clients use."""
    pki = made.pki
    named = {"api": "IP Address:198.18.93.2", "ghcr": "DNS:ghcr.io"}
    for file, name in named.items():
        certificate = pki / f"{file}.crt"
        assert process.succeeds(["openssl", "verify", "-CAfile", pki / "ca.crt", certificate])
        read: list[str | Path] = [
            "openssl",
            "x509",
            "-in",
            certificate,
            "-noout",
            "-ext",
            "subjectAltName",
        ]
        assert name in process.output(read)


def test_nobody_else_reads_keys(made: Cluster) -> None:
    """Only root can read keys and tokens."""
    private = [made.pki / "ca.key", made.pki / "tokens.csv", made.kubeconfig]

    assert [0o600] * 3 == [stat.S_IMODE(path.stat().st_mode) for path in private]
    assert 0o700 == stat.S_IMODE(made.pki.stat().st_mode)


def test_each_user_has_a_token(made: Cluster) -> None:
    """The token in a user's kubeconfig is in the API server's list, with user and group."""
    known = {
        token: (name, group)
        for token, name, _, group in (
            line.split(",") for line in (made.pki / "tokens.csv").read_text().splitlines()
        )
    }
    found = {}
    for user in USERS:
        read = yaml.safe_load((made.state / user.kubeconfig).read_text())
        found[user.kubeconfig] = known[read["users"][0]["user"]["token"]]

    assert {
        "kubeconfig": ("admin", "system:masters"),
        "kubeconfig.visitor": ("visitor", "visitors"),
    } == found


def test_kubeconfig() -> None:
    """It names the API server, its authority, and the user as the current one."""
    text = credentials.kubeconfig(User("me", "us", "file"), "123", Path("/pki/ca.crt"))

    read = yaml.safe_load(text)
    authority = {"server": "https://198.18.93.2:6443", "certificate-authority": "/pki/ca.crt"}
    assert authority == read["clusters"][0]["cluster"]
    assert {"name": "me", "user": {"token": "123"}} == read["users"][0]
    assert read["contexts"][0]["name"] == read["current-context"]
