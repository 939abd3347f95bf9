"""What users read when an index, a repository or another address fails."""

from function_buildpack.log.errors.indexes import (
    AddressFailing,
    AddressUnreachable,
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
    RepositoryRefused,
)
from function_buildpack.log.messages.message import NETWORK, Message, describe, indent


@describe.register
def _repository_refused(error: RepositoryRefused) -> Message:
    return Message(
        "A git repository refuses access",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"Give the host's user and token in a service binding of type netrc, and write the\n"
        f"address as git+https://…: the build has no key for ssh. docs/private-indexes.md has an\n"
        f"example.",
    )


@describe.register
def _address_unreachable(error: AddressUnreachable) -> Message:
    return Message(
        "An address does not answer",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"A requirement names that address itself: it is none of a package index. See whether it\n"
        f"is right, and whether the build can reach it. Behind a proxy set HTTPS_PROXY and\n"
        f"NO_PROXY as build environment variables (pack build --env, or build.buildEnvs in\n"
        f"func.yaml).",
    )


@describe.register
def _address_failing(error: AddressFailing) -> Message:
    return Message(
        "An address answers with an error",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"See whether the address is right: a version or a branch may be gone, and in\n"
        f"requirements.txt each option needs a line of its own. If it wants credentials, give\n"
        f"them in a service binding of type netrc; docs/private-indexes.md has an example.",
    )


@describe.register
def _index_unreachable(error: IndexUnreachable) -> Message:
    return Message(
        "The package index does not answer",
        f"Found:\n\n{indent(error.explanation)}\n\n{NETWORK}",
    )


@describe.register
def _index_refused(error: IndexRefused) -> Message:
    address = f"Index:    {error.address}\n" if error.address else ""
    called = f"Name:     {error.name}\n" if error.name else ""
    stated = f"File:     {error.path}\n" if error.path else ""
    return Message(
        "The package index refuses access",
        f"{address}{called}{stated}Found:\n\n{indent(error.explanation)}\n\n"
        f"It wants a user and password, or others than it got, or this user may not read the\n"
        f"package. Set build variables (pack build --env, or build.buildEnvs in func.yaml):\n\n"
        f"{indent(_credentials(error))}\n\n"
        f"Service bindings of type netrc, pip or uv keep them out of the shell's history:\n"
        f"docs/private-indexes.md has examples. Some indexes answer 403 for a package that they\n"
        f"do not have: have such a one asked for its own packages alone (explicit = true in\n"
        f"[[tool.uv.index]]).",
    )


def _credentials(error: IndexRefused) -> str:
    """Return the variables that give credentials for an index: of its own, or with its address."""
    if error.variables:
        return "\n".join(error.variables)
    scheme, _, rest = (error.address or "https://HOST/simple/").partition("://")
    return f"PIP_EXTRA_INDEX_URL={scheme}://USER:PASSWORD@{rest}"


@describe.register
def _index_untrusted(error: IndexUntrusted) -> Message:
    return Message(
        "The package index has a certificate that is not trusted",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"Give the certificate of the authority that signed it (PEM) in a service binding of type\n"
        f"ca-certificates. docs/private-indexes.md has an example.",
    )


@describe.register
def _index_failing(error: IndexFailing) -> Message:
    return Message(
        "The package index fails",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"It answers with an error of its own, also when asked again. Build again when it works;\n"
        f"UV_HTTP_RETRIES says how often it is asked.",
    )


@describe.register
def _index_too_slow(error: IndexTooSlow) -> Message:
    return Message(
        "The package index takes too long to answer",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"Each request waits UV_HTTP_TIMEOUT seconds (30) for the next bytes and is repeated\n"
        f"UV_HTTP_RETRIES times (2). Raise them for a slow index.\n{NETWORK}",
    )
