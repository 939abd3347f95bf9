"""Files and folders: digests, and how they are removed."""

import hashlib
from pathlib import Path

from function_buildpack.system import tree


def test_digest_separates() -> None:
    """The same bytes in other parts have another digest."""
    assert tree.digest([b"ab", b"c"]) != tree.digest([b"a", b"bc"])
    assert 32 == len(tree.digest([]))


def test_identify(tmp_path: Path) -> None:
    """A file has its content and whether it is executable; a link to a folder has its target."""
    app = tmp_path / "app"
    (app / "sub").mkdir(parents=True)
    (app / "a").touch()
    (app / "b").touch(mode=0o700)
    (app / "inside").symlink_to(app / "sub")
    (app / "outside").symlink_to("..")
    content = hashlib.sha256(b"").digest()

    found = tree.identify((app / name for name in ("outside", "inside", "b", "a")), app)

    assert [
        *(b"a", content),
        *(b"b", content + b"x"),
        *(b"inside", b"sub"),
        *(b"outside", b".."),
    ] == found


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
