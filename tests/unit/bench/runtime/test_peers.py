"""The peers."""

import pytest
from bench.runtime import environments
from bench.runtime.peers import PEERS, Kind, Peer

LOCKED = [peer for peer in PEERS if peer.requirements is not None]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_arguments(peer: Peer) -> None:
    """The port is in the arguments. Peers without such an argument read the environment."""
    arguments = peer.arguments(Kind.HTTP, 1234)

    assert not [argument for argument in arguments if "{" in argument]
    assert [argument.replace("{port}", "1234") for argument in peer.http] == arguments


@pytest.mark.parametrize("peer", LOCKED, ids=lambda peer: peer.name)
def test_locked(peer: Peer) -> None:
    """A list names exact versions, of the peer's own package too."""
    assert peer.requirements is not None
    names = peer.requirements.with_suffix(".in").read_text(encoding="utf-8").split()
    declared = {name.partition("==")[0].partition("[")[0].partition(">=")[0] for name in names}

    if peer.requirements.parent.name == "peers":
        assert declared <= set(environments.versions(peer))
    assert environments.versions(peer)


def test_kinds() -> None:
    """Every peer serves plain requests; those that call any ASGI function get bodies too."""
    served = {kind: [peer.name for peer in PEERS if peer.serves(kind)] for kind in Kind}

    assert [peer.name for peer in PEERS] == served[Kind.HTTP]
    assert ["func_runtime", "func-python", "uvicorn", "granian", "floor"] == served[Kind.ORDER]
    assert ["func_runtime", "func-python"] == served[Kind.EVENT]
