"""Which of our images the Docker daemon has, and from which inputs.

An image's id depends on how the daemon stores images. So a note of it is written after each change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools import process
from tools.cache import keys
from tools.console import Failure
from tools.settings import Settings


@dataclass(frozen=True)
class Daemon:
    """A Docker daemon.

    :param notes: the folder with a note for each image: the key of its inputs, and its id
    """

    notes: Path

    def has(self, image: str, key: str) -> bool:
        """Return whether the daemon has an image from the inputs of this key."""
        try:
            return self._note(image).read_text().split() == [key, image_id(image)]
        except FileNotFoundError:
            return False

    def put(self, image: str, key: str, make: Callable[[], None]) -> None:
        """Create an image, and remove the earlier one of its name if nothing uses that."""
        before = image_id(image)
        make()
        if before and before != image_id(image):
            _remove(before)
        self._note(image).write_text(f"{key} {image_id(image)}\n")

    def same(self, key: str) -> str | None:
        """Return the id of an image from the same inputs, with any name."""
        for note in self.notes.iterdir():
            found, _, known = note.read_text().strip().partition(" ")
            if found == key and known and image_id(known):
                return known
        return None

    def _note(self, image: str) -> Path:
        return self.notes / keys.key({"image": image})


def find(settings: Settings) -> Daemon:
    """Return the daemon that answers.

    :raises Failure: none does
    """
    identity = process.answer(["docker", "info", "--format", "{{.ID}}"])
    if not identity:
        raise Failure(
            "No Docker daemon answers",
            process.complaint(["docker", "version"]),
            "Run: make docker",
        )
    key = keys.key({"daemon": identity})
    notes = settings.cache.folder / "stack" / "daemons" / key
    notes.mkdir(parents=True, exist_ok=True)
    return Daemon(notes)


def image_id(image: str) -> str:
    """Return the daemon's id of an image. Empty if it has no image of this name."""
    return process.answer(["docker", "image", "inspect", "--format", "{{.Id}}", image]) or ""


def _remove(identity: str) -> None:
    """Remove an image without a name. If it was pushed, it still has a name in the registry."""
    names = "{{if not .RepoTags}}{{range .RepoDigests}}{{.}} {{end}}{{.Id}}{{end}}"
    found = process.answer(["docker", "image", "inspect", "--format", names, identity]) or ""
    for name in found.split():
        process.succeeds(["docker", "image", "rm", name])
