"""Packages in archives are unpacked when they are imported. Others stay packed."""

import runpy
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from function_buildpack.checks import unpacking

SITE = "dependencies/venv/lib/python3.13/site-packages"
FILES = {
    "packed_one/__init__.py": "from . import part\n",
    "packed_one/part.py": "from packed_two import VALUE\n",
    "packed_one-1.0.dist-info/RECORD": "packed_one/__init__.py,sha256=x,1\n"
    "packed_one/part.py,,\npacked_one-1.0.dist-info/RECORD,,\n../../../bin/one,,\n"
    "__pycache__/of_one.pyc,,\n",
    "packed_two.py": "VALUE = 2\n",
    "packed_two.libs/two.so": "",
    "packed_two-2.0.dist-info/RECORD": "packed_two.py,,\npacked_two.libs/two.so,,\n"
    "packed_two-2.0.dist-info/RECORD,,\n__pycache__/of_two.pyc,,\n",
    "__pycache__/of_one.pyc": "",
    "__pycache__/of_two.pyc": "",
    "packed_three.py": "",
    "packed_three-3.0.dist-info/RECORD": "packed_three.py,,\npacked_three-3.0.dist-info/RECORD,,\n",
    "packed.pth": "../../../../../asgi-runtime/packages\n",
}
RUNTIME = {
    "asgi-runtime/packages/packed_module/__init__.py": "",
    "asgi-runtime/packages/packed_module/__main__.py": "import sys, packed_one, packed_two\n"
    "print(sys.argv[1:], packed_one.part.VALUE)\n",
}


@pytest.fixture
def archives(tmp_path: Path) -> list[str]:
    """The archives of a dependencies layer with three distributions, and of a runtime layer."""
    site = {f"{SITE}/{name}": content for name, content in FILES.items()}
    made = []
    for number, files in enumerate((site, RUNTIME)):
        made.append(str(tmp_path / f"{number}.zip"))
        with ZipFile(made[-1], "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    return made


@pytest.fixture(autouse=True)
def interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state that a separate process would not share."""
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "argv", sys.argv[:])
    for name in ("packed_one", "packed_one.part", "packed_two", "packed_module"):
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]


def unpacked(root: Path) -> set[str]:
    """Return the unpacked parts of the distributions, by folders and modules."""
    return {path.name for path in (root / SITE).iterdir()}


def test_imported(archives: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module runs with its imports, which are unpacked completely. Others are not."""
    root = tmp_path / "root"

    unpacking.main([str(root), SITE, *archives, "--", "packed_module", "--check", "new"])

    assert "['--check', 'new'] 2\n" == capsys.readouterr().out
    one = {"packed_one", "packed_one-1.0.dist-info"}
    two = {"packed_two.py", "packed_two.libs", "packed_two-2.0.dist-info"}
    assert {*one, *two, "packed.pth"} == {name for name in unpacked(root) if name != "__pycache__"}


def test_all(archives: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --all, everything is unpacked. It runs as a script."""
    root = tmp_path / "root"
    sys.argv = ["", "--all", str(root), SITE, *archives, "--", "packed_module"]

    runpy.run_path(unpacking.__file__, run_name="__main__")

    assert "[] 2\n" == capsys.readouterr().out
    assert {name.partition("/")[0] for name in FILES} <= unpacked(root)


@pytest.mark.parametrize(("options", "linked"), [([], True), (["--all"], False)])
def test_large_files(archives: list[str], tmp_path: Path, options: list[str], linked: bool) -> None:
    """A large file is next to the archive. It is linked to, or copied with --all.

    With --all, there may be a link of the start before.
    """
    name = f"{SITE}/packed_two.libs/large.so"
    large = Path(archives[0]).with_suffix("") / name
    large.parent.mkdir(parents=True)
    large.write_text("native code")
    root = tmp_path / "root"
    if options:
        (root / name).parent.mkdir(parents=True)
        (root / name).symlink_to(large)

    unpacking.main([*options, str(root), SITE, *archives, "--", "packed_module"])

    assert "native code" == (root / name).read_text()
    assert linked is (root / name).is_symlink()


def test_shared_folder(
    archives: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that several distributions share is unpacked once."""
    unpacked = list[str]()
    extract = ZipFile.extract

    def noting(archive: ZipFile, member: str, path: Path) -> str:
        unpacked.append(member)
        return extract(archive, member, path)

    monkeypatch.setattr(ZipFile, "extract", noting)

    unpacking.main([str(tmp_path / "root"), SITE, *archives, "--", "packed_module"])

    assert len(set(unpacked)) == len(unpacked)
    assert f"{SITE}/__pycache__/of_one.pyc" in unpacked
