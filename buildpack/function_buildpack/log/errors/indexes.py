"""How package indexes, repositories and other addresses can fail."""

from dataclasses import dataclass

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class RepositoryRefused(BuildpackError):
    """A git repository wants credentials, or others than it got."""

    explanation: str


@dataclass(eq=False)
class AddressUnreachable(BuildpackError):
    """An address that a requirement names, none of an index, does not answer."""

    explanation: str


@dataclass(eq=False)
class AddressFailing(BuildpackError):
    """An address answers with an error that no other class is for."""

    explanation: str


@dataclass(eq=False)
class IndexUnreachable(BuildpackError):
    """The package index does not answer, or not with a package."""

    explanation: str


@dataclass(eq=False)
class IndexRefused(BuildpackError):
    """The package index at `address` answers 401 or 403.

    `name` is what the project calls it, if it has a name there, and `variables` would have its
    credentials. `path` is the file that packages were installed from.
    """

    explanation: str
    address: str = ""
    name: str = ""
    variables: tuple[str, ...] = ()
    path: str = ""


@dataclass(eq=False)
class IndexUntrusted(BuildpackError):
    """The package index has a certificate that no trusted authority has signed."""

    explanation: str


@dataclass(eq=False)
class IndexFailing(BuildpackError):
    """The package index answers with a status from 500 on, again and again."""

    explanation: str


@dataclass(eq=False)
class IndexTooSlow(BuildpackError):
    """The package index did not answer in time, again and again."""

    explanation: str
