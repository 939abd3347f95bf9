"""Prints the CA certificates that this machine trusts and Debian does not.

    extra_cas.py TRUSTED DEBIAN

TRUSTED is the machine's bundle (SSL_CERT_FILE), DEBIAN the one of the images. What the machine's
own distribution ships is not extra, only older or newer.
"""  # noqa: INP001

import re
import ssl
import sys
from pathlib import Path

SHIPPED = Path("/usr/share/ca-certificates")
PEM = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def main() -> None:
    """Compare the bundles."""
    trusted, debian = map(Path, sys.argv[1:])
    extra = certificates(trusted) - certificates(debian)
    for shipped in SHIPPED.rglob("*.crt") if extra else ():
        extra -= certificates(shipped)
    for certificate in sorted(extra):
        sys.stdout.write(ssl.DER_cert_to_PEM_cert(certificate))


def certificates(file: Path) -> set[bytes]:
    """Read the certificates of a bundle; what is written between them does not matter."""
    return {ssl.PEM_cert_to_DER_cert(pem) for pem in PEM.findall(file.read_text(errors="replace"))}


main()
