"""The version of this clone, and what a new one changes."""

from pathlib import Path

import pytest

from stack import version
from tools import ROOT
from tools.console import Failure

CHANGELOG = """# Changelog

## Unreleased

### Added

- One thing.

## 0.1.0 - 2026-01-02

- Another.
"""
TOML = 'api = "0.10"\n\n[buildpack]\nid = "me"\nversion = "0.1.0"\n'
TEXTS = {**dict.fromkeys(version.FILES, TOML), version.CHANGELOG: CHANGELOG}


def written(folder: Path, **versions: str) -> Path:
    """Write the files that have a version, with these in place of 0.1.0."""
    for name in version.FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TOML.replace("0.1.0", versions.get(path.stem, "0.1.0")))
    return folder


def test_all_files_of_this_clone_have_one_version() -> None:
    """The buildpack, its copy at the root and func-runtime have the same version."""
    assert 3 == len(version.parse(version.current(ROOT)))


def test_files_that_disagree(tmp_path: Path) -> None:
    """The error names each file with its version, and the file that counts."""
    assert "0.1.0" == version.current(written(tmp_path))

    with pytest.raises(Failure, match="differ") as failure:
        version.current(written(tmp_path, pyproject="0.2.0"))

    assert "0.2.0: buildpack/runtime/pyproject.toml" in failure.value.details
    assert "buildpack/buildpack.toml is the source." == failure.value.details[-1]


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-rc.1", "1.2.3 ", "1.2.3\n", "latest"]
)
def test_what_is_not_a_version(text: str) -> None:
    """Only three numbers are a version: a tag, an image's tag and a wheel can all have it."""
    with pytest.raises(Failure, match="version"):
        version.parse(text)


def test_versions_are_compared_by_their_numbers() -> None:
    """1.10.0 is newer than 1.9.0."""
    assert version.parse("1.10.0") > version.parse("1.9.0")


def test_new_version() -> None:
    """Each file gets it, and the section of the changelog gets it with its date."""
    new = version.renewed(TEXTS, "0.2.0", "2026-02-03")

    assert {TOML.replace("0.1.0", "0.2.0")} == {new[name] for name in version.FILES}
    assert CHANGELOG.replace("Unreleased", "0.2.0 - 2026-02-03") == new[version.CHANGELOG]


def test_notes() -> None:
    """The notes end where the section of the version before begins."""
    assert "### Added\n\n- One thing." == version.notes(CHANGELOG)
    assert "- One thing." == version.notes("## Unreleased\n\n- One thing.\n")


@pytest.mark.parametrize(
    ("changelog", "said"),
    [
        ("# Changelog\n\n## 0.1.0\n\n- Another.\n", 'has no section "## Unreleased"'),
        ("## Unreleased\n\n### Added\n\n## 0.1.0\n\n- Another.\n", "is empty"),
    ],
)
def test_nothing_to_release(changelog: str, said: str) -> None:
    """A version without changes in the changelog is an error."""
    with pytest.raises(Failure, match=said):
        version.renewed({**TEXTS, version.CHANGELOG: changelog}, "0.2.0", "2026-02-03")


def test_file_without_a_version() -> None:
    """A file without a version is an error."""
    texts = {**TEXTS, "buildpack.toml": 'api = "0.10"\n'}

    with pytest.raises(Failure, match=r"buildpack\.toml has no version"):
        version.renewed(texts, "0.2.0", "2026-02-03")
