"""Builds the run, build and lifecycle image of a variant, and loads them into Docker.

Variables:
  EXTRA_CAS=bundle.crt   certificates that the build image trusts in addition to Debian's; default:
                         SSL_CERT_FILE; none if it is empty. OCI layouts have none
  STACK_CACHE=folder     the folder of layers, instead of ~/.cache/knative-python/stack
  DEBIAN_SOURCES=file    apt's sources (sources.list(5)), such as a snapshot of Debian's archive
"""

from collections.abc import Sequence
from pathlib import Path

from stack import options
from stack.images import images
from tools import command
from tools.console import Failure
from tools.settings import Settings


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = options.parser("build.sh", __doc__)
    options.add_images(parser)
    parser.add_argument(
        "--oci",
        metavar="FOLDER",
        help="write run and build image as OCI image layouts, without Docker",
    )
    parsed = parser.parse_args(arguments)
    wanted = options.request(parsed)
    if parsed.oci is None:
        images.load(settings, wanted)
    elif parsed.oci:
        images.write(settings, wanted, Path(parsed.oci).absolute())
    else:
        raise Failure("Argument --oci: expected one argument", "Found an empty one.")


if __name__ == "__main__":
    command.run(_main)
