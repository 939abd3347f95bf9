"""The CA certificates that only this machine trusts, and Debian does not."""

import re
import ssl
from pathlib import Path

_SHIPPED = Path("/usr/share/ca-certificates")
_PEM = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def extra(trusted: Path, debian: Path) -> list[str]:
    """Return the certificates that only the machine trusts, as PEM.

    Certificates that the machine's own distribution ships do not count: Debian has older or newer
    versions of them.

    :param trusted: the machine's bundle
    :param debian: the bundle of the images
    """
    found = _certificates(trusted) - _certificates(debian)
    for shipped in _SHIPPED.rglob("*.crt") if found else ():
        found -= _certificates(shipped)
    return [ssl.DER_cert_to_PEM_cert(certificate) for certificate in sorted(found)]


def _certificates(file: Path) -> set[bytes]:
    """Read the certificates of a bundle, without the text between them."""
    return {ssl.PEM_cert_to_DER_cert(pem) for pem in _PEM.findall(file.read_text(errors="replace"))}
