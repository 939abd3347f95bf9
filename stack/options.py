"""The common options of the commands."""

from argparse import Namespace

from stack.description import variants
from stack.images.images import Request
from tools.command import Parser

VARIANT = f"{', '.join(variants.NAMES)}; default: {variants.DEFAULT}"
_ARCH = f"{' or '.join(variants.ARCHITECTURES)}; default: the machine's"


def parser(name: str, description: str | None) -> Parser:
    """Return a parser with --variant and --arch."""
    made = Parser(name, description)
    made.add_argument("--variant", default=variants.DEFAULT, metavar="NAME", help=VARIANT)
    made.add_argument("--arch", metavar="NAME", help=_ARCH)
    return made


def add_images(made: Parser) -> None:
    """Add --as and --locked."""
    made.add_argument(
        "--as",
        dest="prefix",
        default="knative-python",
        metavar="PREFIX",
        help="the prefix of the images' names",
    )
    made.add_argument(
        "--locked",
        action="store_true",
        help="fail if Debian no longer has the packages of the lock",
    )


def request(parsed: Namespace) -> Request:
    """Return which images are requested.

    :raises Failure: the variant or architecture is unknown, or the prefix is not valid
    """
    variant = variants.select(parsed.variant, parsed.arch)
    return Request(variant, variants.image_prefix(parsed.prefix), parsed.locked)
