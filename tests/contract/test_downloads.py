"""Downloads and bytecode of an earlier build are reused, and do not change the layer."""

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from contract.package_index import write_wheel
from contract.phases import ROOT, Phase, Workspace, files_below
from function_buildpack import constants
from function_buildpack.cnb.context import BuildContext
from function_buildpack.layers import uv_cache
from function_buildpack.layers.build_context import Buildpack
from function_buildpack.layers.uv_cache import UvDownloads
from function_buildpack.log.errors.image import FunctionUnloadable
from function_buildpack.phases import build
from function_buildpack.system import process
from tools import package_index as public_index

HANDLE = "async def handle(scope, receive, send): ...\n"
PACKAGES = ("acme_one", "acme_two", "acme_three")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers of a function without dependencies: its runtime comes from the public index."""
    workspace = Workspace.create(tmp_path_factory.mktemp("plain"), {"function.py": HANDLE})
    phase = workspace.run("build")
    assert phase.status == 0, phase.log
    return workspace.layers


class Function:
    """A function with packages from an index that counts downloads."""

    def __init__(self, folder: Path, plain: Path, url: str, fetched: set[str]) -> None:
        self.workspace = Workspace.create(folder, {"function.py": HANDLE})
        self.packages, self.url, self.fetched, self._plain = folder, url, fetched, plain
        self.forget()

    def forget(self) -> None:
        """Restore the layers of a function without dependencies."""
        shutil.rmtree(self.workspace.layers)
        shutil.copytree(self._plain, self.workspace.layers, symlinks=True)

    def build(self, *requirements: str) -> Phase:
        """Build with these requirements. `fetched` has the downloads for that."""
        for layer in ("dependencies", "asgi-runtime"):  # restored without contents
            shutil.rmtree(self.workspace.layers / layer, ignore_errors=True)
        self.fetched.clear()
        self.workspace.write({"requirements.txt": "\n".join(requirements)})
        phase = self.workspace.run("build", UV_DEFAULT_INDEX=self.url)
        assert phase.status == 0, phase.log
        return phase

    def installed(self) -> dict[str, bytes]:
        """Return the files of the dependencies layer."""
        return files_below(self.workspace.layers / "dependencies")

    @property
    def archive(self) -> Path:
        """The archive of the dependencies."""
        (path,) = (self.workspace.layers / "archives").glob("dependencies-*.zip")
        return path


@pytest.fixture
def function(tmp_path: Path, plain: Path) -> Iterator[Function]:
    """The function, and an index with three packages."""
    packages = tmp_path / "packages"
    for name in PACKAGES:
        write_wheel(packages, package=name)
    with public_index.serving(packages) as index:
        yield Function(tmp_path, plain, index.url, index.fetched)


def test_one_more(function: Function) -> None:
    """Only a new package is downloaded and compiled. The layer is that of a first build."""
    first = function.build("acme-one", "acme-two")
    assert ["acme_one", "acme_two"] == sorted(name[:8] for name in function.fetched)
    assert "Not fetched again" not in first.log
    assert "Not compiled again" not in first.log
    assert "\nCompiled the dependencies (files: 2) in " in first.log

    phase = function.build("acme-one", "acme-two", "acme-three")

    assert {"acme_three-1.0-py3-none-any.whl"} == function.fetched
    assert "Reusing downloads of the earlier build (packages: 2)\n" in phase.log
    assert "Reusing bytecode of the earlier build (files: 2)\n" in phase.log
    assert "\nCompiled the dependencies (files: 1) in " in phase.log
    updated = function.installed()
    function.forget()
    function.build("acme-one", "acme-two", "acme-three")
    assert 3 == len(function.fetched)
    assert updated == function.installed()


def test_one_less(function: Function) -> None:
    """The archive has no packages that are no longer installed."""
    function.build("acme-one", "acme-two")

    function.build("acme-one")

    assert set() == function.fetched
    content = function.archive.read_bytes()
    assert b"acme_one" in content
    assert b"acme_two" not in content


def test_unchanged(function: Function) -> None:
    """A build that reuses the layer keeps the archive for later ones."""
    function.build("acme-one")
    before = function.archive.read_bytes()

    function.build("acme-one")

    assert before == function.archive.read_bytes()
    function.build("acme-one", "acme-two")
    assert {"acme_two-1.0-py3-none-any.whl"} == function.fetched


def test_large_files(function: Function) -> None:
    """Large files are linked into the cached layer. Later builds load and restore them."""
    large = f"TEXT = '{'x' * 2**20}'\n"
    write_wheel(function.packages / "packages", package="acme_one", source=large)
    function.build("acme-one")
    (module,) = (function.workspace.layers / "dependencies").rglob("acme_one.py")
    (linked,) = function.archive.with_suffix("").rglob("acme_one.py")
    assert module.samefile(linked)
    assert function.archive.stat().st_size < 2**20
    imported = f"import acme_one\nassert {2**20} == len(acme_one.TEXT)\n{HANDLE}"
    function.workspace.write({"function.py": imported})

    again = function.build("acme-one")

    assert "Reusing the dependencies layer" in again.log
    assert "\nLoaded the function in " in again.log
    function.build("acme-one", "acme-two")
    assert {"acme_two-1.0-py3-none-any.whl"} == function.fetched
    updated = function.installed()
    function.forget()
    function.build("acme-one", "acme-two")
    assert updated == function.installed()


def test_other_file_of_the_same_name(function: Function) -> None:
    """A file with another hash is downloaded again, even with the same name."""
    function.build("acme-one")
    wheel = write_wheel(function.packages / "packages", package="acme_one", source="NEW = True\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()

    function.build(f"acme-one==1.0 --hash=sha256:{digest}")

    assert {wheel.name} == function.fetched
    assert "True" == function.workspace.python("import acme_one; print(acme_one.NEW)")


def test_local_package(function: Function) -> None:
    """A package from a folder is built again: it may have changed under the same version."""
    pyproject = '[project]\nname = "near"\nversion = "1"\n'
    backend = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    maker = (
        "import shutil\n"
        "def build_wheel(folder, *_):\n"
        "    name = 'near-1-py3-none-any.whl'\n"
        "    shutil.copy(name, folder)\n"
        "    return name\n"
    )
    function.workspace.write({"near/pyproject.toml": pyproject + backend, "near/backend.py": maker})
    place = function.workspace.app / "near"
    write_wheel(place, package="near", version="1")
    function.build("./near", "acme-one")
    write_wheel(place, package="near", version="1", source="NEW = True\n")

    function.build("./near", "acme-one")

    assert set() == function.fetched
    assert "True" == function.workspace.python("import near; print(near.NEW)")


@pytest.mark.parametrize("damaged", [b"no archive", b"PK\x05\x06" + bytes(18)])
def test_damaged(function: Function, damaged: bytes) -> None:
    """If an archive is damaged, or has no downloads, packages are downloaded again."""
    function.build("acme-one")
    function.archive.write_bytes(damaged)

    phase = function.build("acme-one", "acme-two")

    assert 2 == len(function.fetched)
    assert "Not fetched again" not in phase.log


def test_kept_while_the_function_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the function is reported while packages are being archived."""
    workspace = Workspace.create(tmp_path, {"function.py": "raise ValueError('as asked')\n"})
    environ = workspace.variables(ROOT / "buildpack", {})
    checked, keep, read = threading.Event(), uv_cache.keep, list[Path]()

    def run(command: Sequence[str | Path], **options: Any) -> process.Result:
        ended = process.run(command, **options)
        if constants.RUNTIME_MODULE in command:
            checked.set()
        return ended

    def keep_late(fetched: UvDownloads, *args: Any) -> None:
        assert checked.wait(60)
        time.sleep(0.5)  # a build that does not wait would remove the cache meanwhile
        read.extend(fetched.cache.glob("wheels-v*"))
        keep(fetched, *args)

    monkeypatch.setattr(uv_cache, "keep", keep_late)
    with pytest.raises(FunctionUnloadable, match="as asked"):
        build.build(BuildContext.from_environ(environ, workspace.app), Buildpack.installed(), run)

    assert read
    assert [] == list(workspace.layers.glob(".*"))
