"""The run, build and lifecycle image of a variant, loaded into Docker or written to a folder."""

import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from stack import FOLDER
from stack.debian import packages, roots
from stack.debian.roots import Packages, Roots
from stack.description import descriptions
from stack.description.variants import Variant
from stack.images import daemon
from stack.images.daemon import Daemon
from stack.images.image import Image, write_archive, write_layout
from stack.layers.layers import Layers, lifecycle_labels
from tools import ROOT, process
from tools.cache import keys
from tools.console import Failure, detail, say, step
from tools.go import build
from tools.parallel import together
from tools.settings import Settings

_RENEW = (
    "Take them: make lock-stack. "
    "Or name a snapshot that has the old ones: DEBIAN_SOURCES (stack/README.md)"
)


@dataclass(frozen=True)
class Request:
    """Which images are wanted.

    :param prefix: the prefix of their names
    :param is_locked: fail if Debian no longer has the packages of the lock
    """

    variant: Variant
    prefix: str = "knative-python"
    is_locked: bool = False

    def name(self, image: str) -> str:
        """Return the whole name of `run`, `build`, `lifecycle` or `builder`."""
        tags = {"build": self.variant.build_tag, "lifecycle": self.variant.lifecycle_tag}
        return f"{self.prefix}/{image}{tags.get(image, self.variant.tag)}"


@dataclass(frozen=True)
class Parts:
    """Folders with the layers (roots.py, layers.py) of a variant's images."""

    run: Path
    build: Path
    tools: Path
    libraries: Path

    @property
    def run_layers(self) -> tuple[Path, ...]:
        """Return the layers of the run image."""
        return (self.run / "layer.tar", self.run / "sbom.tar")

    @property
    def build_layers(self) -> tuple[Path, ...]:
        """Return the layers of the build image."""
        others = (folder / "layer.tar" for folder in (self.tools, self.libraries))
        return (self.build / "layer.tar", self.build / "sbom.tar", *others)


def load(settings: Settings, wanted: Request) -> None:
    """Load the images of a variant into Docker, if it does not have them.

    :raises Failure: they cannot be built, or no daemon answers
    """
    known = daemon.find(settings)
    variant, kept = wanted.variant, Layers(settings.cache, settings.stack_cache)
    parts = _parts(settings, wanted, partial(_lifecycle, settings, variant))
    certificates = parts.build / "ca-certificates.crt"
    bundle = settings.extra_cas or settings.machine_cas
    extra = kept.extra_cas(bundle, certificates) if bundle else None
    _load(settings, known, _run_image(wanted, parts))
    _load(settings, known, _build_image(wanted, parts, extra))
    # All variants of an architecture share it. The default suite's certificates are preferred.
    if variant.is_of_default_suite or not daemon.image_id(wanted.name("lifecycle")):
        archive = build.lifecycle(variant.arch)
        files = (kept.lifecycle(archive, certificates) / "layer.tar",)
        _load(settings, known, _described("lifecycle", wanted, files, lifecycle_labels(archive)))


def _lifecycle(settings: Settings, variant: Variant) -> Path:
    build.build(settings.cache, ["lifecycle"], variant.arch)
    return build.lifecycle(variant.arch)


def write(settings: Settings, wanted: Request, folder: Path) -> None:
    """Write the run and the build image as OCI image layouts. Docker is not needed.

    They do not contain certificates of this machine.

    :raises Failure: they cannot be built, or the folder cannot be written to
    """
    _check_writable(folder)
    parts = _parts(settings, wanted)
    for image in (_run_image(wanted, parts), _build_image(wanted, parts, None)):
        name = image.name.rpartition("/")[2].partition(":")[0]
        with step(f"Writing the image {image.name} into {folder / name}"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            write_layout(image, folder / name)


def sbom_label(folder: Path) -> dict[str, str]:
    """Return the label that names the layer of the SBOM."""
    digest = hashlib.sha256((folder / "sbom.tar").read_bytes()).hexdigest()
    return {"io.buildpacks.base.sbom": f"sha256:{digest}"}


def _parts(settings: Settings, wanted: Request, *others: Callable[[], Path]) -> Parts:
    """Create the layers, at the same time if they do not need each other.

    :param others: other jobs that run at the same time
    """
    variant = wanted.variant
    roots.prepare(settings.cache, variant)
    source = Packages(tuple(packages.read(roots.lock_file(variant))), settings.debian_sources)
    made = Roots(settings.cache, settings.stack_cache, variant, source)
    kept = Layers(settings.cache, settings.stack_cache)
    run, build_root, tools, *_ = together(
        made.run, made.build, partial(kept.tools, variant), *others
    )
    # A build may only use what all kinds of the run image have.
    smallest = replace(made, variant=replace(variant, kind="tiny")).run()
    _compare(wanted, source, run, build_root)
    return Parts(run, build_root, tools, kept.libraries(smallest / "libraries"))


def _compare(wanted: Request, source: Packages, run: Path, built: Path) -> None:
    """Report packages that differ from the lock: Debian removes old versions.

    :raises Failure: some differ, and `is_locked` forbids that
    """
    found = [*packages.read(run / "packages"), *packages.read(built / "packages")]
    changes = packages.changes(source.lock, found)
    if not changes:
        return
    lock = roots.lock_file(wanted.variant)
    if wanted.is_locked:
        raise Failure(f"Debian has other packages than {lock}", *changes, _RENEW)
    say(
        f"Debian has other packages than the lock {lock.relative_to(ROOT)}; the images have today's"
    )
    for line in (*changes, _RENEW):
        detail(line)
    pythons = [(folder / "python").read_text().strip() for folder in (run, built)]
    if pythons[0] != pythons[1]:
        raise Failure(
            "The run image and the build image have different CPythons",
            f"Debian updated it between the two: {' and '.join(pythons)}",
            "Run: make lock-stack",
        )


def _described(
    name: str, wanted: Request, files: tuple[Path, ...], labels: Mapping[str, str]
) -> Image:
    description = descriptions.filled(FOLDER / name / "image.toml", wanted.variant)
    return Image(wanted.name(name), description, wanted.variant.arch, labels, files)


def _run_image(wanted: Request, parts: Parts) -> Image:
    return _described("run", wanted, parts.run_layers, sbom_label(parts.run))


def _build_image(wanted: Request, parts: Parts, extra: tuple[int, Path] | None) -> Image:
    files, labels = parts.build_layers, sbom_label(parts.build)
    if extra:
        files = (*files, extra[1] / "layer.tar")
        labels["io.knative-python.extra-cas"] = str(extra[0])
    return _described("build", wanted, files, labels)


def _load(settings: Settings, known: Daemon, image: Image) -> None:
    """Load an image into Docker, unless it already has it from the same inputs."""
    facts = {"arch": image.architecture, "labels": str(sorted(image.labels.items()))}
    files = {"layers": " ".join(map(str, image.layers)), "description": image.description}
    key = keys.key({**facts, **files, "image.py": FOLDER / "images" / "image.py"})
    if known.has(image.name, key):
        return
    with settings.cache.locked(f"image-{image.name.rpartition('/')[2].partition(':')[0]}"):
        if not known.has(image.name, key):  # else another run was faster
            known.put(image.name, key, partial(_give, settings, known, image, key))


def _give(settings: Settings, known: Daemon, image: Image, key: str) -> None:
    if same := known.same(key):
        process.call(["docker", "tag", same, image.name])
        return
    reader, writer = os.pipe()
    # The reader is closed first. If docker fails, the writer must not wait for it.
    with (
        step(f"Loading the image {image.name} into Docker"),
        ThreadPoolExecutor(1) as pool,
        os.fdopen(reader, "rb") as stdin,
    ):
        pool.submit(_write, image, writer)
        process.quietly("docker-load", ["docker", "load"], logs=settings.cache.logs, stdin=stdin)


def _write(image: Image, writer: int) -> None:
    with os.fdopen(writer, "wb") as output:
        write_archive(image, output)


def _check_writable(folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise Failure(
            f"Cannot write to {folder}", f"Found: {there} is not a folder that can be written to."
        )
