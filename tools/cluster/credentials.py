"""The cluster's certificate authority, keys and users, with a kubeconfig for each user."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import process
from tools.cluster.settings import API, NODE, Cluster

_DAYS = "30"
_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters:
- name: knative-python
  cluster: {{server: "https://{node}:6443", certificate-authority: "{ca}"}}
users:
- name: {user}
  user: {{token: "{token}"}}
contexts:
- name: knative-python
  context: {{cluster: knative-python, user: {user}, namespace: default}}
current-context: knative-python
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate of a server.

    :param file: the name of its files, without .crt and .key
    :param names: in openssl's form: `DNS:ghcr.io`
    """

    file: str
    subject: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class User:
    """A user of the cluster.

    :param kubeconfig: the name of the file in the cluster's folder
    """

    name: str
    group: str
    kubeconfig: str


_SERVICE = ("kubernetes", "kubernetes.default.svc")
CERTIFICATES = (
    Certificate(
        "api",
        "kube-apiserver",
        (
            *(f"IP:{address}" for address in ("127.0.0.1", API, NODE)),
            *(f"DNS:{name}" for name in ("localhost", *_SERVICE)),
        ),
    ),
    # For pods that pull an image from ghcr.io: they get it from the node's registry.
    Certificate("ghcr", "ghcr.io", ("DNS:ghcr.io",)),
)
USERS = (
    User("admin", "system:masters", "kubeconfig"),
    User("visitor", "visitors", "kubeconfig.visitor"),  # has no rights: for tests of a 403
)


def make(cluster: Cluster) -> None:
    """Create new keys, certificates and users.

    :raises Failure: openssl fails
    """
    cluster.pki.mkdir(mode=0o700, parents=True, exist_ok=True)
    for certificate in CERTIFICATES:
        names = f"subjectAltName={','.join(certificate.names)}\n"
        (cluster.pki / f"{certificate.file}.names").write_text(names)
    for command in commands():
        process.quietly("cluster-keys", command, logs=cluster.cache.logs, cwd=cluster.pki)
    tokens = {user: secrets.token_hex(16) for user in USERS}
    _write_private(
        cluster.pki / "tokens.csv",
        "".join(token_line(user, token) for user, token in tokens.items()),
    )
    for user, token in tokens.items():
        _write_private(
            cluster.state / user.kubeconfig, kubeconfig(user, token, cluster.pki / "ca.crt")
        )


def commands() -> Iterator[list[str]]:
    """Return the commands that create keys and certificates in their working directory."""
    yield ["openssl", "genrsa", "-out", "service-accounts.key", "2048"]
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    yield [*new, "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-days", _DAYS, "-subj", "/CN=ca"]
    for certificate in CERTIFICATES:
        key, request, signed, names = (
            f"{certificate.file}.{end}" for end in ("key", "csr", "crt", "names")
        )
        yield [*new, "-keyout", key, "-out", request, "-subj", f"/CN={certificate.subject}"]
        sign = ["openssl", "x509", "-req", "-in", request, "-out", signed, "-days", _DAYS]
        yield [*sign, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", names]


def token_line(user: User, token: str) -> str:
    """Return a line of the API server's file of tokens: token, name, id, group."""
    return f"{token},{user.name},{user.name},{user.group}\n"


def kubeconfig(user: User, token: str, authority: Path) -> str:
    """Return a user's kubeconfig."""
    return _KUBECONFIG.format(node=NODE, ca=authority, user=user.name, token=token)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
