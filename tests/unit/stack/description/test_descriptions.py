"""Descriptions: lines for some variants, and names that are replaced by values."""

import tomllib
from pathlib import Path

import pytest

from stack import FOLDER
from stack.description import descriptions, variants
from tools.console import Failure

_LINES = """\
# Comment
libc6                     # everything

python@python@-minimal  usr/lib
[trixie] trixie-only
[bookworm] bookworm-only  usr/lib # why
[base] bash
[base bookworm] both
"""


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("tiny", ["python3.13-minimal  usr/lib", "trixie-only"]),
        ("base", ["python3.13-minimal  usr/lib", "trixie-only", "bash"]),
        ("bookworm", ["python3.11-minimal  usr/lib", "bookworm-only  usr/lib"]),
        (
            "bookworm-base",
            ["python3.11-minimal  usr/lib", "bookworm-only  usr/lib", "bash", "both"],
        ),
    ],
)
def test_lines_of_a_variant(tmp_path: Path, variant: str, expected: list[str]) -> None:
    """Words in brackets limit a line to a suite, a kind, or both."""
    (tmp_path / "packages").write_text(_LINES)

    found = descriptions.lines(tmp_path / "packages", variants.select(variant))

    assert ["libc6", *expected] == found


def test_values_are_filled_in(tmp_path: Path) -> None:
    """Values come from the variant and from the caller. Other text does not change."""
    (tmp_path / "image.toml").write_text('# fills in @…@\n"@suite@" "@RUN_IMAGE@" "a@b"')

    filled = descriptions.filled(
        tmp_path / "image.toml", variants.select("bookworm"), run_image="me/run"
    )

    assert '# fills in @…@\n"bookworm" "me/run" "a@b"' == filled


def test_a_name_that_nobody_fills_in(tmp_path: Path) -> None:
    """A name without a value is an error."""
    (tmp_path / "image.toml").write_text('"@siute@"')

    with pytest.raises(Failure, match="has an unknown name") as failed:
        descriptions.filled(tmp_path / "image.toml", variants.select("tiny"))

    assert "Found: @siute@" in str(failed.value)


def test_a_description_that_is_not_there(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(Failure, match="description of an image cannot be read") as failed:
        descriptions.lines(tmp_path / "packages", variants.select("tiny"))

    assert f"Found: {tmp_path}/packages: No such file or directory" in str(failed.value)


def test_every_variant_fills_in_every_description() -> None:
    """The images' own descriptions only have names with values."""
    for name in variants.NAMES:
        for image in ("run", "build", "lifecycle"):
            filled = descriptions.filled(FOLDER / image / "image.toml", variants.select(name))
            assert "Labels" in tomllib.loads(filled)
