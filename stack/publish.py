"""Pushes the builder of a variant, its run and build image, and the buildpack as a package.

Their names are PREFIX/builder, run, build and function. Their tag is the variant, that of the
buildpack is its version. Run `docker login` first. The build image does not contain certificates of
this machine, unless EXTRA_CAS=bundle.crt adds them.
"""

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stack import builder, options, version
from stack.description import variants
from stack.images.images import Request
from stack.layers import buildpack
from tools import ROOT, command, process
from tools.console import Failure, say, step
from tools.settings import Settings

_PACKAGE = '[buildpack]\nuri = "buildpack"\n\n[platform]\nos = "linux"\n'


def publish(settings: Settings, wanted: Request, tags: Sequence[str] = ()) -> dict[str, str]:
    """Build all images and push them. Return their digests by name.

    :param tags: push with these tags, one after the other, instead of the default ones
    :raises Failure: an image cannot be built or pushed
    """
    builder.make(replace(settings, machine_cas=None), wanted)
    made = {image: wanted.name(image) for image in ("run", "build", "builder")}
    package = f"{wanted.prefix}/function:{version.current(ROOT)}"
    _package(settings, wanted, package)
    named = dict[str, str]()
    for tag in tags:
        named |= {f"{wanted.prefix}/{image}:{tag}": name for image, name in made.items()}
        named[f"{wanted.prefix}/function:{tag}"] = package
    for name, image in named.items():
        process.call(["docker", "tag", image, name])
    # First the tags of a version, then those that move with each version.
    return {name: push(settings, name) for name in named or (*made.values(), package)}


def push(settings: Settings, image: str) -> str:
    """Push an image, and return its digest in the registry.

    :raises Failure: the registry does not accept it
    """
    with step(f"Pushing {image}"):
        output = process.quietly("push", ["docker", "push", image], logs=settings.cache.logs)
    if found := re.search(r"\bdigest: (sha256:[0-9a-f]{64})\b", output):
        return found[1]
    raise Failure(f"Docker did not print the digest of {image}", output)


def prefix(text: str) -> str:
    """Return a registry and a path in it, without a slash at the end.

    :raises Failure: it is something else
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


def _package(settings: Settings, wanted: Request, image: str) -> None:
    """Load the buildpack as a package into Docker, for other builders."""
    with (
        step(f"Packaging the buildpack as {image}"),
        tempfile.TemporaryDirectory(prefix="knative-python-") as folder,
    ):
        buildpack.unpack(Path(folder, "buildpack"))
        description = Path(folder, "package.toml")
        description.write_text(_PACKAGE)
        pack: list[str | Path] = [ROOT / ".tools" / "pack", "buildpack", "package", image]
        process.quietly(
            "package",
            [
                *(*pack, "--config", description, "--pull-policy", "if-not-present"),
                *("--target", f"linux/{wanted.variant.arch}"),
            ],
            logs=settings.cache.logs,
        )


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("publish.sh", __doc__)
    parser.add_argument("prefix", metavar="PREFIX", help="a registry and a path in it")
    parser.add_argument("--variant", default=variants.DEFAULT, metavar="NAME", help=options.VARIANT)
    parser.add_argument(
        "--unlocked", action="store_true", help="use newer packages if Debian lacks the locked ones"
    )
    parser.add_argument(
        "--tag",
        dest="tags",
        action="append",
        default=[],
        metavar="TAG",
        help="push with this tag instead of the variant and the version; can be repeated",
    )
    parser.add_argument(
        "--digests", type=Path, metavar="FILE", help="write the digests to this file, as JSON"
    )
    parsed = parser.parse_args(arguments)
    wanted = Request(
        variants.select(parsed.variant), prefix(parsed.prefix), is_locked=not parsed.unlocked
    )
    digests = publish(settings, wanted, parsed.tags)
    if parsed.digests:
        parsed.digests.write_text(json.dumps(digests, indent=2) + "\n")
    builders = [name for name in digests if name.startswith(f"{wanted.prefix}/builder")]
    say(f"Published. Use it: pack build myfn --builder {builders[-1]}")


if __name__ == "__main__":
    command.run(_main)
