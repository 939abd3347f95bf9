"""Changes that install the dependencies again, and changes that do not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from contract import git_server, package_index
from contract.package_index import Index, write_bindings
from contract.phases import Phase, Workspace
from tools import package_index as public_index

FUNCTION = {"function/__init__.py": "def handle(*request): ...\n"}
REUSED = "Reusing the dependencies layer: nothing it depends on has changed"
IDNA_SHA256 = "946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3"
# A backend of the package's own, which needs no other: it writes down what it reads.
BACKEND = """
import base64, hashlib, os, subprocess, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    asked = subprocess.run(["git", "tag"], stdout=subprocess.PIPE, text=True)
    read = {"mode": os.environ.get("MODE"), "tags": asked.stdout.split()}
    files = {
        "local.py": f"READ = {read!r}\\n",
        "local-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: local\\nVersion: 1\\n",
        "local-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nTag: py3-none-any\\n",
    }
    files["local-1.dist-info/RECORD"] = "".join(f"{name},,\\n" for name in files)
    with zipfile.ZipFile(os.path.join(folder, "local-1-py3-none-any.whl"), "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return "local-1-py3-none-any.whl"
"""
PACKAGE = {
    "libs/local/backend.py": BACKEND,
    "libs/local/pyproject.toml": "[project]\nname = 'local'\nversion = '1'\n"
    "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
}
LOCAL = {"requirements.txt": "./libs/local\n", **PACKAGE}


class Source:
    """A function's source. Each build gets a copy, as from a platform."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        """Write the files."""
        self.folder = folder / "source"
        self.workspace = Workspace.create(folder, {})
        self.write(FUNCTION | files)

    def write(self, files: dict[str, str]) -> None:
        """Write files of the source."""
        Workspace(self.folder, self.workspace.layers).write(files)

    def git(self, *commands: str) -> None:
        """Run git in the source."""
        for command in commands:
            identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
            subprocess.run(["git", *identity, *command.split()], cwd=self.folder, check=True)

    def build(self, **environ: str) -> Phase:
        """Build it."""
        shutil.rmtree(self.workspace.app)
        shutil.copytree(self.folder, self.workspace.app, symlinks=True)
        phase = self.workspace.run("build", BP_FUNCTION_CHECK="off", **environ)
        assert 0 == phase.status, phase.log
        return phase

    def read(self) -> str:
        """Return what the package's backend has read."""
        return self.workspace.python("import local; print(local.READ)")


def why(phase: Phase) -> str:
    """Return why the dependencies were installed, or that they were reused."""
    log = phase.log.partition("[Dependencies]")[2]
    lines = [line for line in log.splitlines() if line.startswith(("Installing: ", "Reusing "))]
    return lines[0].removeprefix("Installing: ").removesuffix(" since the earlier build")


def test_variable(tmp_path: Path) -> None:
    """A variable that a build may read counts. Log and layer do not have its value."""
    source = Source(tmp_path, LOCAL)
    source.build(MODE="planted-one")

    phase = source.build(MODE="planted-two")

    assert "the variable MODE changed" == why(phase)
    assert "{'mode': 'planted-two', 'tags': []}" == source.read()
    assert "planted" not in (source.workspace.layers / "dependencies.toml").read_text()
    assert "planted" not in phase.log
    assert "the variable MODE changed" == why(source.build())
    assert REUSED == why(source.build(GITHUB_TOKEN="x", BPE_MODE="x", HOSTNAME="x"))


def test_variable_that_only_a_locks_package_reads(tmp_path: Path) -> None:
    """With a lock, a package in a folder is built, too."""
    lock = (
        "lock-version = '1.0'\ncreated-by = 'x'\n"
        "[[packages]]\nname = 'local'\ndirectory = { path = 'libs/local' }\n"
    )
    source = Source(tmp_path, {"pylock.toml": lock, **PACKAGE})
    source.build(MODE="1")

    assert "the variable MODE changed" == why(source.build(MODE="2"))
    assert "{'mode': '2', 'tags': []}" == source.read()


def test_variable_of_nothing_built(tmp_path: Path) -> None:
    """If only wheels were installed, no variable of a build counts."""
    source = Source(tmp_path, {"requirements.txt": "idna==3.10\n"})
    source.build(CFLAGS="-DONE")

    assert REUSED == why(source.build(CFLAGS="-DTWO", MODE="1"))


def test_variable_of_an_sdist(tmp_path: Path) -> None:
    """A package without a wheel in the index is built, too."""
    source = Source(tmp_path, {"requirements.txt": "sgmllib3k==1.0.0\n"})
    source.build(CFLAGS="-DONE")

    assert "the variable CFLAGS changed" == why(source.build(CFLAGS="-DTWO"))


def test_git(tmp_path: Path) -> None:
    """A tag, a commit, a branch and uncommitted changes count if a build may read them."""
    source = Source(tmp_path, LOCAL)
    source.git("init -q -b main", "add .", "commit -qm x", "tag v1.0.0")
    source.build()

    source.git("tag v1.1.0")
    assert "git tags changed" == why(source.build())
    assert "{'mode': None, 'tags': ['v1.0.0', 'v1.1.0']}" == source.read()
    source.git("commit -q --allow-empty -m y", "checkout -q -b side")
    assert "git commit changed, git branch changed" == why(source.build())
    source.write({"function/__init__.py": "def handle(*others): ...\n"})
    assert "uncommitted files changed" == why(source.build())
    assert REUSED == why(source.build())


def test_git_of_nothing_built(tmp_path: Path) -> None:
    """A commit or a tag does not count if nothing is built, or if the backend ignores git."""
    package = {
        "libs/local/pyproject.toml": "[project]\nname = 'local'\nversion = '1'\n"
        "description = 'x'\n[build-system]\nrequires = ['flit-core']\n"
        "build-backend = 'flit_core.buildapi'\n",
        "libs/local/local.py": "",
    }
    for name, files in (
        ("wheels", {"requirements.txt": "idna==3.10\n"}),
        ("static", {"requirements.txt": "./libs/local\n", **package}),
    ):
        source = Source(tmp_path / name, files)
        source.git("init -q", "add .", "commit -qm x", "tag v1.0.0")
        source.build()
        source.write({"function/__init__.py": "def handle(*others): ...\n"})
        source.git("commit -qam y", "tag v1.1.0")

        assert REUSED == why(source.build())


def test_cache_keys(tmp_path: Path) -> None:
    """Declared cache keys of a package count anywhere, even a secret."""
    source = Source(tmp_path, LOCAL | {"shared/VERSION": "1"})
    keys = "[tool.uv]\ncache-keys = [{file = '../../shared/*'}, {env = 'LICENSE_TOKEN'}]\n"
    source.write({"libs/local/pyproject.toml": PACKAGE["libs/local/pyproject.toml"] + keys})
    source.build()

    assert "the variable LICENSE_TOKEN changed" == why(source.build(LICENSE_TOKEN="planted"))
    source.write({"shared/VERSION": "2"})
    changed = "the declared dependencies changed, the variable LICENSE_TOKEN changed"
    assert changed == why(source.build())


def test_uv_toml(tmp_path: Path) -> None:
    """uv's own configuration file counts, of the function or of a folder above it."""
    source = Source(tmp_path, {"requirements.txt": "idna==3.10\n"})
    source.build()
    source.write({"uv.toml": 'prerelease = "allow"\n'})

    assert "the declared dependencies changed" == why(source.build())


def test_refresh(tmp_path: Path) -> None:
    """The log says what was not checked, with the setting that installs again."""
    source = Source(tmp_path, {"requirements.txt": "idna\n"})
    source.build()

    phase = source.build()
    said = "Not checked: newer versions in the package index."
    assert (REUSED, True) == (why(phase), said in phase.log)
    assert "BP_FUNCTION_REFRESH changed from none to 2" == why(
        source.build(BP_FUNCTION_REFRESH="2")
    )
    source.write({"requirements.txt": f"idna==3.10 --hash=sha256:{IDNA_SHA256}\n"})
    source.build()
    assert "Not looked up again" not in source.build().log


class Upstream:
    """A repository that somebody else pushes to, with a password."""

    def __init__(self, folder: Path) -> None:
        """Create the repository, with a package."""
        self.folder = folder / "work"
        self.served = folder / "served"
        self.folder.mkdir(parents=True)
        self.served.mkdir()
        (self.folder / "pyproject.toml").write_text(PACKAGE["libs/local/pyproject.toml"])
        (self.folder / "backend.py").write_text(BACKEND)
        self.git("init -q -b main", "add .", "commit -qm x", "tag -a -m x v1")
        self.git(f"clone -q --bare . {self.served / 'pkg.git'}")

    def git(self, *commands: str) -> str:
        """Run git there and return the output of the last command."""
        said = ""
        for command in commands:
            identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
            said = subprocess.run(
                ["git", *identity, *command.split()],
                cwd=self.folder,
                check=True,
                text=True,
                stdout=subprocess.PIPE,
            ).stdout.strip()
        return said

    def push(self, *commands: str) -> str:
        """Commit, push all that there is, and return the commit."""
        self.git("commit -q --allow-empty -m y", *commands)
        self.git(
            f"push -qf {self.served / 'pkg.git'} --all",
            f"push -qf {self.served / 'pkg.git'} --tags",
        )
        return self.git("rev-parse HEAD")


def settings(server: Index, folder: Path) -> dict[str, str]:
    """Return the settings for a server with an authority of its own."""
    certificates = {"corp.pem": server.authority.decode()}
    root = write_bindings(folder / "bindings", ca_certificates=certificates)
    return {
        "SERVICE_BINDING_ROOT": str(root),
        "REPOSITORY": server.url_with_password.removesuffix("simple/"),
    }


@pytest.mark.parametrize(
    ("name", "shown", "commands"),
    [("@main", "main", ()), ("@v1", "v1", ("tag -f -a -m x v1",)), ("", "HEAD", ())],
)
def test_repository(tmp_path: Path, name: str, shown: str, commands: tuple[str, ...]) -> None:
    """A branch, a tag and the default branch are queried again, with credentials."""
    upstream = Upstream(tmp_path / "upstream")
    url = "git+${REPOSITORY}pkg.git"
    source = Source(tmp_path, {"requirements.txt": f"local @ {url}{name}\n"})
    with git_server.serving(upstream.served) as server:
        environ = settings(server, tmp_path)
        source.build(**environ)
        assert REUSED == why(source.build(**environ))

        commit = upstream.push(*commands)

        reference = f"git+https://{server.host}/pkg.git@{shown}"
        phase = source.build(**environ)
        assert f"{reference} moved to {commit[:12]}" == why(phase)
        assert REUSED == why(source.build(**environ))
    phase = source.build(**environ)
    assert REUSED == why(phase)
    assert f"{reference} for new commits (" in phase.log
    assert f"The image keeps commit {commit} of the earlier build." in phase.log


def test_repository_by_commit(tmp_path: Path) -> None:
    """A commit cannot move, so nothing is queried."""
    upstream = Upstream(tmp_path / "upstream")
    commit = upstream.git("rev-parse HEAD")
    with git_server.serving(upstream.served) as server:
        environ = settings(server, tmp_path)
        url = f"git+${{REPOSITORY}}pkg.git@{commit}"
        source = Source(tmp_path, {"requirements.txt": f"local @ {url}\n"})
        source.build(**environ)

    phase = source.build(**environ)

    assert (REUSED, False) == (why(phase), "could not be asked" in phase.log)


def test_archive(tmp_path: Path) -> None:
    """An archive without a hash is not queried again, and the log names it."""
    package_index.write_wheel(tmp_path / "packages")
    with public_index.serving(tmp_path / "packages") as index:
        wheel = f"{index.host}/acme_private-1.0-py3-none-any.whl"
        source = Source(tmp_path, {"requirements.txt": f"acme-private @ {wheel}\n"})
        source.build()

    phase = source.build()

    said = f"Not checked: newer versions in the package index, {wheel}. "
    assert (REUSED, True) == (why(phase), said in phase.log)
