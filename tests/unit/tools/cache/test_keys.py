"""Keys depend on everything that decides a result, and on nothing else."""

from pathlib import Path

import pytest

from tools.cache import keys
from tools.console import Failure


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The error names the missing file."""
    with pytest.raises(Failure, match="cannot be read") as failed:
        keys.key({"variant": "tiny", "pins": tmp_path / "none"})

    assert f"{tmp_path}/none" in str(failed.value)


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    """A folder instead of a file is an error."""
    with pytest.raises(Failure, match="cannot be read"):
        keys.key({"pins": tmp_path})


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """A missing folder of inputs is an error."""
    with pytest.raises(Failure, match="cannot be read"):
        keys.files(tmp_path / "none")


def test_clones_share_keys(tmp_path: Path) -> None:
    """Only a file's content counts, not its path."""
    made = []
    for clone in ("one", "two"):
        (tmp_path / clone).mkdir()
        (tmp_path / clone / "lock").write_text("netbase 6.5\n")
        made.append(keys.key({"lock": tmp_path / clone / "lock"}))

    assert made[0] == made[1]
    assert 16 == len(made[0])


def test_text_that_moves_to_the_next_input_makes_another_key() -> None:
    """The same bytes in other inputs give another key."""
    before = keys.key({"omit": "a\nb\n", "packages": "c\n"})

    assert before != keys.key({"omit": "a\n", "packages": "b\nc\n"})
    assert before == keys.key({"packages": "c\n", "omit": "a\nb\n"})


def test_a_file_alone_has_the_key_of_its_bytes(tmp_path: Path) -> None:
    """As `sha256sum FILE | cut -c1-16`, by which earlier caches are found."""
    (tmp_path / "go.txt").write_bytes(b"abc")

    assert "ba7816bf8f01cfea" == keys.file_key(tmp_path / "go.txt")


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    """Each file of a folder is an input with its name."""
    (tmp_path / "go.mod").touch()
    (tmp_path / "cmd").mkdir()

    assert {"go.mod": tmp_path / "go.mod"} == keys.files(tmp_path)
