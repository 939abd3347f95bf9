"""Errors of package indexes, repositories and other addresses."""

from dataclasses import dataclass

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class RepositoryRefused(BuildpackError):
    """A git repository requires credentials, or other ones."""

    explanation: str


@dataclass(eq=False)
class AddressUnreachable(BuildpackError):
    """An address in a requirement, not of an index, does not respond."""

    explanation: str


@dataclass(eq=False)
class AddressFailing(BuildpackError):
    """An address responds with an error that has no other class."""

    explanation: str


@dataclass(eq=False)
class IndexUnreachable(BuildpackError):
    """The package index does not respond, or not with a package."""

    explanation: str


@dataclass(eq=False)
class IndexRefused(BuildpackError):
    """The package index at `address` responds with 401 or 403.

    `name` is its name in the project, if it has one, and `variables` are those for its credentials.
    `path` is the file that packages were installed from.
    """

    explanation: str
    address: str = ""
    name: str = ""
    variables: tuple[str, ...] = ()
    path: str = ""


@dataclass(eq=False)
class IndexUntrusted(BuildpackError):
    """No trusted authority has signed the package index's certificate."""

    explanation: str


@dataclass(eq=False)
class IndexFailing(BuildpackError):
    """The package index responds with a status of 500 or higher, after all retries."""

    explanation: str


@dataclass(eq=False)
class IndexTooSlow(BuildpackError):
    """The package index did not respond in time, after all retries."""

    explanation: str
