"""Locks the newest Debian packages, and prints what changed.

DEBIAN_SOURCES=file names other sources of packages, see build.sh.
"""

import datetime as dt
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stack.debian import packages, roots
from stack.debian.packages import Package
from stack.debian.roots import Packages
from stack.description import variants
from stack.description.variants import Variant
from tools import command
from tools.console import Failure, detail, say
from tools.settings import Settings

_DEFAULT = ("trixie.amd64", "bookworm.amd64", "trixie.arm64", "bookworm.arm64")
# The larger of a suite's run images has all packages of the smaller one.
_LARGEST = {"trixie": "base", "bookworm": "bookworm-base"}


def renew(settings: Settings, variant: Variant) -> None:
    """Build the images from the newest packages, and write the lock if it differs.

    :raises Failure: they cannot be built
    """
    roots.prepare(settings.cache, variant)
    path = roots.lock_file(variant)
    before = packages.read(path) if path.exists() else []
    found = _today(settings, variant)
    changes = [*packages.changes(before, found), *packages.gone(before, found)]
    if not changes:
        say(f"The lock of {variant.suite} for {variant.arch} is up to date")
        return
    say(f"What changed in stack/locks/{path.name}:")
    for line in changes:
        detail(line)
    _write(path, text(variant, found, dt.datetime.now(dt.UTC)))


def text(variant: Variant, found: Sequence[Package], now: dt.datetime) -> str:
    """Return the text of a lock."""
    what = f"Debian {variant.debian} ({variant.suite}) for {variant.arch}"
    head = [
        f"# {what}, as it was on {now:%Y-%m-%dT%H:%M:%SZ}: name, version and SHA-256 of each",
        "# package of the run and the build images. Made by `make lock-stack`.",
    ]
    return "\n".join([*head, *sorted({str(package) for package in found}), ""])


def _today(settings: Settings, variant: Variant) -> list[Package]:
    source = Packages((), settings.debian_sources)
    with tempfile.TemporaryDirectory(prefix="knative-python-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for image, make in (("run", roots.make_run), ("build", roots.make_build)):
            (folder / image).mkdir()
            make(settings.cache, variant, source, folder / image)
        return [
            package
            for image in ("run", "build")
            for package in packages.read(folder / image / "packages")
        ]


def _write(path: Path, content: str) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(content)
    new.replace(path)


def _variant(name: str) -> Variant:
    suite, _, architecture = name.partition(".")
    if suite not in _LARGEST:
        raise Failure(f"There is no suite '{suite}'", f"Suites: {' '.join(_LARGEST)}")
    return variants.select(_LARGEST[suite], architecture)


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("lock.sh", __doc__)
    parser.add_argument("locks", nargs="*", metavar="SUITE[.ARCHITECTURE]")
    for variant in [_variant(name) for name in parser.parse_args(arguments).locks or _DEFAULT]:
        renew(settings, variant)


if __name__ == "__main__":
    command.run(_main)
