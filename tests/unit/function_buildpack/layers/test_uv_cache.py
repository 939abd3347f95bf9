"""Restoring downloads for uv, and bytecode of what it installs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from function_buildpack.layers import uv_cache
from function_buildpack.layers.uv_cache import RestoredDownloads, UvDownloads
from function_buildpack.system import file_changes
from function_buildpack.system.file_changes import Identity
from function_buildpack.system.interpreter import Interpreter

PYTHON = Interpreter(Path("python3"), "3.13.5")
SITE = "dependencies/site-packages"
CODE = f"{SITE}/package/__pycache__/module.cpython-313.pyc"


class Cache:
    """A cache folder of uv's, with a wheel that is installed below a root."""

    def __init__(self, root: Path, *, named: str = "cache") -> None:
        self.root, self.folder = root, root / named
        self.folder.mkdir(parents=True)

    def fetch(self) -> None:
        """Have the wheel unpacked, and a pointer to it."""
        (self.folder / "archive-v0" / "abc" / "package").mkdir(parents=True)
        (self.folder / "archive-v0" / "abc" / "package" / "module.py").write_text("source")
        pointers = self.folder / "wheels-v6" / "pypi" / "package"
        pointers.mkdir(parents=True)
        (pointers / "1.0-py3-none-any").symlink_to("../../../archive-v0/abc")
        (pointers / "1.0-py3-none-any.msgpack").write_text("hashes")

    def install(self) -> Path:
        """Link the wheel's module into the environment, and return it there."""
        place = self.root / SITE / "package" / "module.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.hardlink_to(self.folder / "archive-v0" / "abc" / "package" / "module.py")
        return place

    def restore(self, archive: Path, python: Interpreter = PYTHON) -> RestoredDownloads:
        """Restore an archive."""
        large = archive.with_suffix("")
        return uv_cache.restore(archive, large, self.folder, self.root, python)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The archive of an earlier build, in another folder, for the same root."""
    cache = Cache(tmp_path, named="earlier")
    cache.fetch()
    code = tmp_path / CODE
    packed = {cache.install(): f"{SITE}/package/module.py", code: CODE}
    code.parent.mkdir()
    code.write_text("compiled")
    with ZipFile(tmp_path / "earlier.zip", "w") as made:
        for path, name in packed.items():
            made.write(path, name)
        uv_cache.keep(UvDownloads(cache.folder, PYTHON), made, _identified(packed), tmp_path)
    code.unlink()
    return tmp_path / "earlier.zip"


def _identified(packed: Mapping[Path, str]) -> dict[Identity, str]:
    return {file_changes.identity(path.lstat()): name for path, name in packed.items()}


def _as_it_was(module: Path) -> None:
    """Change nothing."""


def _by_another_package(module: Path) -> None:
    module.unlink()
    module.write_text("source")


def _with_bytecode_of_its_own(module: Path) -> None:
    (module.parent / "shipped.pyc").write_text("stale")
    place = PYTHON.bytecode(module)
    place.parent.mkdir(exist_ok=True)
    place.hardlink_to(module.parent / "shipped.pyc")


@pytest.mark.parametrize(
    ("change", "given"),
    [(_as_it_was, True), (_with_bytecode_of_its_own, True), (_by_another_package, False)],
)
def test_bytecode(
    archive: Path, tmp_path: Path, change: Callable[[Path], None], given: bool
) -> None:
    """Only the same file of the same wheel gets its bytecode back."""
    cache = Cache(tmp_path)
    known = cache.restore(archive)
    module = cache.install()
    change(module)

    found = known.link([module, archive], PYTHON)

    assert 1 == known.packages
    assert {module} == found if given else set() == found
    compiled = [path for path in (tmp_path / SITE).rglob("__pycache__/*") if path.is_file()]
    assert ["compiled"] * given == [path.read_text() for path in compiled]
    for shipped in module.parent.glob("shipped.pyc"):
        assert "stale" == shipped.read_text()


@pytest.mark.parametrize(
    "python",
    [
        Interpreter(Path("python3"), "3.13.6"),
        Interpreter(Path("python3"), "3.13.5", "cpython-3.13.5-linux-x86_64"),
    ],
)
def test_another_python(archive: Path, tmp_path: Path, python: Interpreter) -> None:
    """Another Python gets no bytecode, because it may differ, but the same packages."""
    known = Cache(tmp_path).restore(archive, python)

    assert RestoredDownloads(1) == known


def test_another_folder(archive: Path, tmp_path: Path) -> None:
    """Bytecode contains the path of its source."""
    known = Cache(tmp_path / "other").restore(archive)

    assert RestoredDownloads(1) == known


def test_damaged(tmp_path: Path) -> None:
    """Nothing is restored from an unreadable archive."""
    archive = tmp_path / "earlier.zip"
    archive.write_text("no archive")

    assert RestoredDownloads() == Cache(tmp_path).restore(archive)


def _unchanged(wheel: Path) -> None:
    """Change nothing."""


def _other_content(wheel: Path) -> None:
    (wheel / "package" / "module.py").write_text("poison")


def _one_more(wheel: Path) -> None:
    (wheel / "package.pth").write_text("import poison")


def _one_less(wheel: Path) -> None:
    (wheel / "package" / "data").unlink()


@pytest.mark.parametrize(
    ("change", "kept"),
    [(_unchanged, 1), (_other_content, 0), (_one_more, 0), (_one_less, 0)],
)
def test_untrusted(tmp_path: Path, change: Callable[[Path], None], kept: int) -> None:
    """After code of packages ran, a wheel is kept only if it matches its RECORD."""
    cache = Cache(tmp_path)
    cache.fetch()
    wheel = cache.folder / "archive-v0" / "abc"
    (wheel / "package" / "data").touch()
    (wheel / "package-1.dist-info").mkdir()
    (wheel / "package-1.dist-info" / "RECORD").write_text(
        "package/module.py,sha256=Qc9nlLpCALg5xTUxVV8POZjfTLsBpNXLC5Tjyl4jlH0,6\n"
        "package/data,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
        "package-1.dist-info/RECORD,,\n\n"
    )
    change(wheel)
    packed = {cache.install(): f"{SITE}/package/module.py"}

    with ZipFile(tmp_path / "made.zip", "w") as made:
        made.write(next(iter(packed)), f"{SITE}/package/module.py")
        fetched = UvDownloads(cache.folder, PYTHON, trusted=False)
        uv_cache.keep(fetched, made, _identified(packed), tmp_path)

    assert kept == Cache(tmp_path, named="later").restore(tmp_path / "made.zip").packages
