"""Messages for failures of indexes, repositories and other addresses."""

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
        f"Give the host's user and token in a service binding of type netrc, and use a\n"
        f"git+https://… address: the build has no ssh key. docs/private-indexes.md has an example.",
    )


@describe.register
def _address_unreachable(error: AddressUnreachable) -> Message:
    return Message(
        "An address does not respond",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"The address is in a requirement. It is not the address of a package index. Check that\n"
        f"it is right, and that the build can reach it. Behind a proxy, set HTTPS_PROXY and\n"
        f"NO_PROXY as build environment variables (pack build --env, or build.buildEnvs in\n"
        f"func.yaml).",
    )


@describe.register
def _address_failing(error: AddressFailing) -> Message:
    return Message(
        "An address responds with an error",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"Check the address: a version or a branch may have been removed, and in requirements.txt\n"
        f"each option needs its own line. If the address requires credentials, give them in a\n"
        f"service binding of type netrc. docs/private-indexes.md has an example.",
    )


@describe.register
def _index_unreachable(error: IndexUnreachable) -> Message:
    return Message(
        "The package index does not respond",
        f"Found:\n\n{indent(error.explanation)}\n\n{NETWORK}",
    )


@describe.register
def _index_refused(error: IndexRefused) -> Message:
    address = f"Index:    {error.address}\n" if error.address else ""
    name = f"Name:     {error.name}\n" if error.name else ""
    file = f"File:     {error.path}\n" if error.path else ""
    return Message(
        "The package index refuses access",
        f"{address}{name}{file}Found:\n\n{indent(error.explanation)}\n\n"
        f"The credentials are missing or wrong, or have no access to the package. Set build\n"
        f"variables (pack build --env, or build.buildEnvs in func.yaml):\n\n"
        f"{indent(_credentials(error))}\n\n"
        f"Service bindings of type netrc, pip or uv keep credentials out of the shell's history:\n"
        f"docs/private-indexes.md has examples. Some indexes respond with 403 for a package that\n"
        f"they do not have. Use such an index for its own packages only (explicit = true in\n"
        f"[[tool.uv.index]]).",
    )


def _credentials(error: IndexRefused) -> str:
    """Return variables for the credentials of an index: by its name, or in its address."""
    if error.variables:
        return "\n".join(error.variables)
    scheme, _, rest = (error.address or "https://HOST/simple/").partition("://")
    return f"PIP_EXTRA_INDEX_URL={scheme}://USER:PASSWORD@{rest}"


@describe.register
def _index_untrusted(error: IndexUntrusted) -> Message:
    return Message(
        "The package index's certificate is not trusted",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"Give the certificate of the authority that signed it, in PEM format, in a service\n"
        f"binding of type ca-certificates. docs/private-indexes.md has an example.",
    )


@describe.register
def _index_failing(error: IndexFailing) -> Message:
    return Message(
        "The package index responds with a server error",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"The build tried several times. Build again when the index works. UV_HTTP_RETRIES sets\n"
        f"the number of retries (2).",
    )


@describe.register
def _index_too_slow(error: IndexTooSlow) -> Message:
    return Message(
        "The package index takes too long to respond",
        f"Found:\n\n{indent(error.explanation)}\n\n"
        f"Each request waits UV_HTTP_TIMEOUT seconds (30) for the next bytes, with\n"
        f"UV_HTTP_RETRIES retries (2). Increase them for a slow index.\n{NETWORK}",
    )
