"""Pushes the builder of a variant, its run and build image, and the buildpack as a package.

Their names are PREFIX/builder, run, build and function, with the variant as their tag. Log in
before, with `docker login`. No certificates of this machine are in the build image, unless
EXTRA_CAS=bundle.crt asks for them.
"""

import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stack import builder, buildpack, options, variants
from stack.images import Request
from tools import ROOT, command, process
from tools.console import Failure, say
from tools.settings import Settings

_PACKAGE = '[buildpack]\nuri = "buildpack"\n\n[platform]\nos = "linux"\n'


def publish(settings: Settings, wanted: Request) -> None:
    """Make all images and push them.

    :raises Failure: one cannot be made or pushed
    """
    made = builder.make(replace(settings, machine_cas=None), wanted)
    for image in ("run", "build", "builder"):
        push(settings, wanted.name(image))
    _push_buildpack(settings, wanted)
    say(f"Published. Use it: pack build myfn --builder {made}")


def push(settings: Settings, image: str) -> None:
    """Push an image.

    :raises Failure: the registry does not take it
    """
    say(f"Pushing {image}")
    process.quietly("push", ["docker", "push", image], logs=settings.cache.logs)


def prefix(text: str) -> str:
    """Return a registry and a path in it, without a slash at its end.

    :raises Failure: it is no such thing
    """
    name = variants.image_prefix(text.rstrip("/")) if text else ""
    if not name:
        raise Failure(
            "The name of a registry is required", "Use: make publish REGISTRY=ghcr.io/you/functions"
        )
    if "/" not in name and ":" not in name:
        raise Failure(
            f"'{name}' does not name a registry",
            "A registry and a path in it: ghcr.io/you/functions, localhost:5000/functions",
        )
    return name


def _push_buildpack(settings: Settings, wanted: Request) -> None:
    """Push the buildpack alone, for builders of others."""
    descriptor = tomllib.loads((ROOT / "buildpack" / "buildpack.toml").read_text())
    image = f"{wanted.prefix}/function:{descriptor['buildpack']['version']}"
    say(f"Pushing the buildpack as {image}")
    with tempfile.TemporaryDirectory(prefix="knative-python-") as folder:
        buildpack.unpack(Path(folder, "buildpack"))
        description = Path(folder, "package.toml")
        description.write_text(_PACKAGE)
        pack: list[str | Path] = [ROOT / ".tools" / "pack", "buildpack", "package", image]
        process.quietly(
            "package",
            [
                *(*pack, "--config", description, "--pull-policy", "if-not-present"),
                *("--target", f"linux/{wanted.variant.arch}", "--publish"),
            ],
            logs=settings.cache.logs,
        )


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("publish.sh", __doc__)
    parser.add_argument("prefix", metavar="PREFIX", help="a registry and a path in it")
    parser.add_argument("--variant", default=variants.DEFAULT, metavar="NAME", help=options.VARIANT)
    parser.add_argument(
        "--unlocked", action="store_true", help="take today's packages, not only those of the lock"
    )
    parsed = parser.parse_args(arguments)
    variant = variants.select(parsed.variant)
    publish(settings, Request(variant, prefix(parsed.prefix), not parsed.unlocked))


if __name__ == "__main__":
    command.run(_main)
