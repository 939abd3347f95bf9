"""Builds a function's image, starts it, sends requests and shows the responses.

Without a folder, pack builds examples/http, which the project.toml at the root names.
"""

from collections.abc import Sequence
from pathlib import Path

from stack import options
from stack.description import variants
from tools import ROOT, ask, command, console, process
from tools.console import Failure, say, step
from tools.settings import Settings


def pack_options(builder: str, function: str) -> list[str]:
    """Return pack's options after the image's name. The root's project.toml has the others.

    :param builder: empty for the one in project.toml
    :param function: the function's folder; empty for the example
    :raises Failure: there is no such folder
    """
    if function and not Path(function).is_dir():
        raise Failure(
            f"There is no folder {function}", "FUNCTION is the path of a function's folder."
        )
    path = ["--path", function] if function else []
    return ["--buildpack", "./buildpack", *path, *(["--builder", builder] if builder else [])]


def build_and_ask(image: str, called: Sequence[str]) -> None:
    """Build the image, start it and send requests.

    :raises Failure: the build fails, or the image does not answer as it should
    """
    quiet = [] if console.shows_steps() else ["--quiet"]
    with step(f"pack build {image} {' '.join(called)}"):
        process.call([ROOT / ".tools" / "pack", "build", image, *called, *quiet])
    say(f"Starting {image}")
    container = process.answer(["docker", "run", "--detach", "--publish", "127.0.0.1::8080", image])
    if not container:
        raise Failure("The image cannot be started", f"Try: docker run --rm {image}")
    try:
        address = (process.answer(["docker", "port", container, "8080/tcp"]) or "").partition("\n")[
            0
        ]
        if ask.main(f"http://{address}"):
            process.run(["docker", "logs", container])
            raise Failure("The image does not answer as it should", "Its log is above.")
        process.succeeds(["docker", "stop", container])
    finally:
        process.succeeds(["docker", "rm", "--force", container])
    say(f"Done: docker run --rm -p 127.0.0.1:8080:8080 {image}")


def _main(arguments: Sequence[str], _settings: Settings) -> None:
    parser = options.parser("function", __doc__)
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("function", metavar="FOLDER", nargs="?", default="")
    parsed = parser.parse_args(arguments)
    variant = variants.select(parsed.variant, parsed.arch)
    if variant.is_foreign:
        raise Failure(
            f"This machine does not have the architecture {variant.arch}",
            "A function is built for this machine; stack/README.md says how to build for another.",
        )
    builder = "" if variant.name == variants.DEFAULT else f"knative-python/builder{variant.tag}"
    build_and_ask(parsed.image, pack_options(builder, parsed.function))


if __name__ == "__main__":
    command.run(_main)
