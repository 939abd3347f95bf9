"""The variants of the images: their contents, and the names of their images."""

import platform
import re
import tomllib
from dataclasses import dataclass

from stack import FOLDER
from tools.console import Failure

DEFAULT = "tiny"
_DEFAULT_SUITE = "trixie"

_TABLE = tomllib.loads((FOLDER / "description" / "variants.toml").read_text())
NAMES: tuple[str, ...] = tuple(_TABLE["variants"])
ARCHITECTURES: tuple[str, ...] = tuple(_TABLE["architectures"])


@dataclass(frozen=True)
class Variant:
    """A variant for an architecture.

    :param machine: the architecture as `uname -m` prints it
    :param contents: the last words of the run image's description
    :param is_foreign: this machine has another architecture
    """

    name: str
    suite: str
    kind: str
    debian: str
    python: str
    glibc: str
    contents: str
    arch: str
    machine: str
    is_foreign: bool

    @property
    def is_of_default_suite(self) -> bool:
        """Return whether it has the Debian of the default variant."""
        return self.suite == _DEFAULT_SUITE

    @property
    def tag(self) -> str:
        """Return the tag of its run image and builder. The default variant has none."""
        return self._tag("" if self.name == DEFAULT else self.name)

    @property
    def build_tag(self) -> str:
        """Return the tag of its build image, which all variants of a suite share."""
        return self._tag("" if self.is_of_default_suite else self.suite)

    @property
    def lifecycle_tag(self) -> str:
        """Return the tag of its lifecycle image, which all variants of an architecture share."""
        return self._tag("")

    def _tag(self, name: str) -> str:
        words = [word for word in (name, self.arch if self.is_foreign else "") if word]
        return f":{'-'.join(words)}" if words else ""


def select(name: str, arch: str | None = None, machine: str | None = None) -> Variant:
    """Return a variant.

    :param arch: the architecture; None or empty means the machine's
    :param machine: the machine as `uname -m` prints it; None means this one
    :raises Failure: there is no such variant, or no such architecture
    """
    machines: dict[str, str] = _TABLE["architectures"]
    here = machine or platform.machine()
    own = next((arch for arch, machine in machines.items() if machine == here), ARCHITECTURES[0])
    wanted = arch or own
    if name not in NAMES:
        raise Failure(f"There is no variant '{name}'", f"Variants: {' '.join(NAMES)}")
    if wanted not in machines:
        raise Failure(
            f"There is no architecture '{wanted}'", f"Architectures: {' '.join(ARCHITECTURES)}"
        )
    entry = _TABLE["variants"][name]
    return Variant(
        name=name,
        **entry,
        **_TABLE["suites"][entry["suite"]],
        contents=_TABLE["kinds"][entry["kind"]],
        arch=wanted,
        machine=machines[wanted],
        is_foreign=wanted != own,
    )


def image_prefix(text: str) -> str:
    """Return a valid prefix for images' names (https://github.com/distribution/reference).

    :raises Failure: no image can have such a name
    """
    if not re.fullmatch(r"[a-z0-9./:_-]+", text):
        raise Failure(
            f"'{text}' is not a name for images", "Use lower-case letters, digits and . / : _ -"
        )
    return text
