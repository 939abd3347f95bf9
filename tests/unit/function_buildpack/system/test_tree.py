"""Files and folders: digests, and how they are removed."""

from pathlib import Path

from function_buildpack.system import tree


def test_digest_separates() -> None:
    """The same bytes cut elsewhere are another digest."""
    assert tree.digest([b"ab", b"c"]) != tree.digest([b"a", b"bc"])


def test_remove(tmp_path: Path) -> None:
    """Files, links and folders are removed. The target of a link stays."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").touch()
    (tmp_path / "link").symlink_to("sub")

    tree.remove(tmp_path / "link")
    assert ["sub"] == [path.name for path in tmp_path.iterdir()]

    for name in ("sub/file", "sub", "missing"):
        tree.remove(tmp_path / name)

    assert [] == [*tmp_path.iterdir()]
