"""Reads the descriptions of the images. A line is for all variants or for some of them.

descriptions VARIANT FILE: prints the lines for a variant.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from stack.description import variants
from stack.description.variants import Variant
from tools import command
from tools.console import Failure
from tools.settings import Settings

_MARKS = re.compile(r"\[([^\]]*)\] *(.*)")


def read(path: Path) -> str:
    """Return the text of a description.

    :raises Failure: it cannot be read
    """
    try:
        return path.read_text()
    except OSError as error:
        raise Failure(
            "The description of an image cannot be read", f"Found: {path}: {error.strerror}"
        ) from error


def lines(path: Path, variant: Variant) -> list[str]:
    """Return the lines of a description for a variant, without comments.

    Words in brackets before a line limit it to a suite, to a kind, or to both. @python@ stands for
    the variant's Python.

    :raises Failure: it cannot be read
    """
    found = []
    for line in read(path).splitlines():
        text = line.partition("#")[0].replace("@python@", variant.python).rstrip()
        if marked := _MARKS.fullmatch(text):
            marks, text = marked[1].split(), marked[2]
            if not {variant.suite, variant.kind}.issuperset(marks):
                continue
        if text.strip():
            found.append(text)
    return found


def filled(path: Path, variant: Variant, **values: str) -> str:
    """Return a description, with names between two @ replaced by their values.

    :raises Failure: it cannot be read, or a name has no value
    """
    known = {
        **values,
        "python": variant.python,
        "suite": variant.suite,
        "debian": variant.debian,
        "contents": variant.contents,
    }

    def value(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name not in known:
            raise Failure(f"{path} has an unknown name", f"Found: {found[0]}")
        return known[name]

    return re.sub(r"@([A-Za-z_]+)@", value, read(path))


def _main(arguments: Sequence[str], _settings: Settings) -> None:
    parser = command.Parser("descriptions", __doc__)
    parser.add_argument("variant")
    parser.add_argument("file", type=Path)
    parsed = parser.parse_args(arguments)
    for line in lines(parsed.file, variants.select(parsed.variant)):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    command.run(_main)
