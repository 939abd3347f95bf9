"""Measures the figures: the contents of the images once, and starts in rounds."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.build import functions, peers, process, start
from bench.build.peers import PREFIX, Docker, ImagePeer, Pack
from bench.images import contents, saved
from bench.images.contents import Contents
from bench.images.results import figures
from bench.images.results.figures import DEBIAN, OURS, VARIANTS
from bench.images.saved import Saved
from bench.rounds import Round

# The image that base.sh creates from Debian's packages, before it adds files for builds only.
PLAIN = f"{peers.BASE}-debian"
_MB, _KB = 1_000_000, 1_000
_STARTS = 5
_DEPENDENCIES = "dependencies"


@dataclass(frozen=True)
class Measurement:
    """A run with a number of rounds, in a temporary folder. `examples` has the functions."""

    pack: Path
    examples: Path
    environ: Mapping[str, str]
    scratch: Path
    rounds: int

    def contents(self) -> dict[str, Contents]:
        """Return the contents of each image.

        :raises BenchFailed: one is missing.
        """
        names = {image: f"{PREFIX}/{image}" for image in VARIANTS} | {DEBIAN: PLAIN}
        found = {}
        for image, name in names.items():
            with self._saved(name) as archive:
                found[image] = contents.read(archive)
        return found

    def run(self, images: Mapping[str, Contents]) -> list[Round]:
        """Build functions on the images, start them, and remove everything created for that.

        :raises BenchFailed: something does not work.
        """
        made: dict[str, ImagePeer] = {image: self._pack(image) for image in VARIANTS}
        made[DEBIAN] = Docker(peers.PIP_DOCKERFILE, "images-debian", self.environ)
        # Not "second": pack renames volumes whose names contain "con", a device of Windows.
        second = self._pack(OURS, "another")
        try:
            for number, (image, peer) in enumerate(made.items()):
                peer.build(self._function(image, number), cold=True)
            second.build(self.examples / "cloudevents", cold=True)
            facts = _of_images(images) | self._of_functions(made) | self._of_nodes(made, second)
            rounds = [self._starts(number, made) for number in range(self.rounds)]
        finally:
            for peer in (*made.values(), second):
                peer.forget()
        return [facts | rounds[0], *rounds[1:]]

    def _pack(self, image: str, name: str = "") -> Pack:
        variant = VARIANTS[image]
        builder = f"{PREFIX}/{image.replace(OURS, 'builder', 1)}"
        return Pack(self.pack, builder, f"images-{name or variant}", self.environ)

    def _function(self, image: str, number: int) -> Path:
        """Return the peer that builds the http example on that image."""
        folder = shutil.copytree(self.examples / "http", self.scratch / f"http-{number}")
        if image != DEBIAN:
            return folder
        return functions.scaffold(folder, self.scratch / "service")

    def _of_functions(self, made: Mapping[str, ImagePeer]) -> Round:
        whole, compressed = {}, {}
        for image, peer in made.items():
            with self._saved(peer.image) as archive:
                whole[image] = contents.read(archive).size / _MB
                compressed[image] = archive.compressed / _MB
        return {figures.WHOLE.name: whole, figures.WHOLE_COMPRESSED.name: compressed}

    def _of_nodes(self, made: Mapping[str, ImagePeer], second: ImagePeer) -> Round:
        with self._saved(made[OURS].image) as archive:
            there = archive.layers
        with self._saved(second.image) as archive:
            own = [layer for layer in archive.layers if layer not in there]
            others = [layer for layer in own if archive.parts[layer] != _DEPENDENCIES]
            added = [archive.size(layer) for layer in others]
        return {
            figures.ADDED.name: {OURS: sum(size.archive for size in added) / _KB},
            figures.ADDED_COMPRESSED.name: {OURS: sum(size.compressed for size in added) / _KB},
        }

    def _starts(self, number: int, made: Mapping[str, ImagePeer]) -> Round:
        """Start each image's function, each round beginning with another one."""
        names = list(made)
        first = number % len(names)
        taken = {name: self._start(made[name]) for name in names[first:] + names[:first]}
        texts = (f"{name} {seconds:.3f}" for name, seconds in taken.items())
        sys.stderr.write(f"round {number + 1}: {', '.join(texts)}\n")
        return {figures.START.name: taken}

    def _start(self, peer: ImagePeer) -> float:
        return median(start.first_answer(peer.image, self.environ) for _ in range(_STARTS))

    @contextmanager
    def _saved(self, image: str) -> Iterator[Saved]:
        file = self.scratch / "image.tar"
        # By its id, because a name without a tag means all tags.
        ask = ["docker", "image", "inspect", "--format", "{{.Id}}", image]
        identity = process.run(ask, environ=self.environ).output.strip()
        process.run(["docker", "save", "--output", file, identity], environ=self.environ)
        try:
            with file.open("rb") as content, saved.opened(content) as archive:
                yield archive
        finally:
            file.unlink()


def _of_images(images: Mapping[str, Contents]) -> Round:
    return {
        figures.UNCOMPRESSED.name: {name: found.size / _MB for name, found in images.items()},
        figures.COMPRESSED.name: {name: found.compressed / _MB for name, found in images.items()},
        figures.FILES.name: {name: found.files for name, found in images.items()},
        figures.PACKAGES.name: {name: found.packages for name, found in images.items()},
        figures.SPECIAL.name: {name: found.special for name, found in images.items()},
    }
