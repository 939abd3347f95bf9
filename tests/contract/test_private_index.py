"""bin/build with a real index that has a password and a private certificate authority."""

import base64
import hashlib
import json
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract import package_index
from contract.package_index import PASSWORD, USER, Index, write_bindings, write_wheel
from contract.phases import Phase, Workspace, files_below
from tools import package_index as public_index

HANDLE = """
import acme_private

async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": acme_private.VERSION.encode()})
"""
FUNCTION = {
    "function.py": HANDLE,
    "pyproject.toml": '[project]\nname="mine"\nversion="1"\ndependencies=["acme-private"]\n',
}
VERSION = "import acme_private; print(acme_private.VERSION)"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package in the index."""
    return write_wheel(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def index(wheel: Path) -> Iterator[Index]:
    """A running index with one package."""
    with package_index.serving(wheel.parent) as running:
        yield running


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers of a function without dependencies: its runtime comes from the public index."""
    workspace = Workspace.create(tmp_path_factory.mktemp("runtime"), {"function.py": "handle = 1"})
    phase = workspace.run("build", BP_FUNCTION_CHECK="off")
    assert phase.status == 0, phase.log
    return workspace.layers


@pytest.fixture
def workspace(tmp_path: Path, runtime: Path) -> Workspace:
    """A function that needs the private package, with the runtime layer restored."""
    made = Workspace.create(tmp_path, FUNCTION)
    (made.layers / "asgi-runtime").symlink_to(runtime / "asgi-runtime")
    text = (runtime / "asgi-runtime.toml").read_text()
    (made.layers / "asgi-runtime.toml").write_text(text[text.index("[metadata]") :])
    return made


def authority(index: Index) -> dict[str, str]:
    """Return the files of a ca-certificates binding."""
    return {"corp.pem": index.authority.decode()}


def by_pip_conf(index: Index) -> dict[str, dict[str, str]]:
    """Credentials in the URL of a pip.conf."""
    return {"pip": {"pip.conf": f"[global]\nindex_url = {index.url_with_password}\n"}}


def by_netrc(index: Index) -> dict[str, dict[str, str]]:
    """The URL in a pip.conf, credentials in a netrc."""
    return {
        "pip": {"pip.conf": f"[install]\nindex-url = {index.url}\n"},
        "netrc": {".netrc": f"machine 127.0.0.1 login {USER} password {PASSWORD}\n"},
    }


def by_uv_toml(index: Index) -> dict[str, dict[str, str]]:
    """uv's own configuration file."""
    return {"uv": {"uv.toml": f'[[index]]\nurl = "{index.url_with_password}"\ndefault = true\n'}}


def by_uv_variables(index: Index) -> dict[str, dict[str, str]]:
    """uv's own variables, a file each."""
    return {
        "uv": {
            "UV_INDEX": f"corp={index.url}",
            "UV_INDEX_CORP_USERNAME": USER,
            "UV_INDEX_CORP_PASSWORD": f"{PASSWORD}\n",
        }
    }


@pytest.mark.parametrize("way", [by_pip_conf, by_netrc, by_uv_toml, by_uv_variables])
def test_bindings(
    workspace: Workspace, index: Index, way: Callable[[Index], dict[str, dict[str, str]]]
) -> None:
    """Each kind of binding leads to the private package. Its credentials are in no file."""
    bindings = write_bindings(
        workspace.layers.parent / "platform/bindings",
        ca_certificates=authority(index),
        **way(index),
    )

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)
    for folder in bindings.iterdir():
        assert f"{folder.name} (" in phase.log
    assert_kept_secret(workspace, phase)


def test_variables(workspace: Workspace, index: Index, tmp_path: Path) -> None:
    """pip's variables work without a binding."""
    certificate = tmp_path / "corp.pem"
    certificate.write_bytes(index.authority)

    phase = workspace.run("build", PIP_INDEX_URL=index.url_with_password, PIP_CERT=str(certificate))

    assert 0 == phase.status, phase.log
    assert_kept_secret(workspace, phase)


def test_root_by_variable(workspace: Workspace, index: Index, tmp_path: Path) -> None:
    """SERVICE_BINDING_ROOT is the folder of bindings, and the log names ignored settings."""
    root = write_bindings(tmp_path / "b", ca_certificates=authority(index), **by_netrc(index))
    with (root / "pip" / "pip.conf").open("a") as pip_conf:
        pip_conf.write("user = yes\n")

    phase = workspace.run("build", SERVICE_BINDING_ROOT=str(root))

    assert 0 == phase.status, phase.log
    assert "These settings have no effect: user of pip.conf" in phase.log


def test_certificate_unknown(workspace: Workspace, index: Index) -> None:
    """Without the authority's certificate, the error says what is missing."""
    phase = workspace.run("build", UV_DEFAULT_INDEX=index.url_with_password, UV_HTTP_RETRIES="0")

    assert_fails(workspace, phase, "The package index's certificate is not trusted")
    assert "ca-certificates" in phase.log


PROJECT = '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.11"\n'
ASKING = f'{PROJECT}dependencies = ["acme-private"]\n'
BY_POETRY = {"POETRY_HTTP_BASIC_CORP_USERNAME": USER, "POETRY_HTTP_BASIC_CORP_PASSWORD": PASSWORD}
BY_UV = {"UV_INDEX_CORP_USERNAME": USER, "UV_INDEX_CORP_PASSWORD": PASSWORD}


def poetry_lock(index: Index, wheel: Path) -> dict[str, str]:
    """A lock of Poetry with its own index."""
    pyproject = f'{ASKING}[[tool.poetry.source]]\nname = "corp"\nurl = "{index.url}"\n'
    table = tomllib.loads(pyproject)
    content = {
        "project": {"requires-python": ">=3.11", "dependencies": ["acme-private"]},
        "tool": {"poetry": {"source": table["tool"]["poetry"]["source"]}},
    }
    text = json.dumps(content, sort_keys=True)
    lock = f"""
[[package]]
name = "acme-private"
version = "1.0"
groups = ["main"]
files = [{{file = "{wheel.name}", hash = "sha256:{digest(wheel)}"}}]
[package.source]
type = "legacy"
url = "{index.url.rstrip("/")}"
reference = "corp"
[metadata]
lock-version = "2.1"
content-hash = "{hashlib.sha256(text.encode()).hexdigest()}"
"""
    return {"pyproject.toml": pyproject, "poetry.lock": lock}


def pipfile_lock(index: Index, wheel: Path) -> dict[str, str]:
    """A lock of Pipenv, whose index has credentials from variables."""
    url = index.url.replace("://", "://${CORP_USER}:$corp_password@")
    lock = {
        "_meta": {"sources": [{"name": "corp", "url": url, "verify_ssl": True}]},
        "default": {
            "acme-private": {"hashes": [f"sha256:{digest(wheel)}"], "version": "==1.0"},
        },
    }
    return {"Pipfile.lock": json.dumps(lock)}


def of_pdm(index: Index, _: Path) -> dict[str, str]:
    """A project of PDM without a lock."""
    return {"pyproject.toml": f'{ASKING}[[tool.pdm.source]]\nname="corp"\nurl="{index.url}"\n'}


def uv_lock(index: Index, wheel: Path) -> dict[str, str]:
    """A lock of uv, in uv's form."""
    host = index.url.removesuffix("/simple/")
    source = f'{{ registry = "{index.url}" }}'
    lock = f"""
version = 1
revision = 3
requires-python = ">=3.11"
[[package]]
name = "acme-private"
version = "1.0"
source = {source}
wheels = [{{ url = "{host}/packages/{wheel.name}", hash = "sha256:{digest(wheel)}" }}]
[[package]]
name = "mine"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "acme-private" }}]
[package.metadata]
requires-dist = [{{ name = "acme-private" }}]
"""
    pyproject = f'{ASKING}[[tool.uv.index]]\nname = "corp"\nurl = "{index.url}"\n'
    return {"pyproject.toml": pyproject, "uv.lock": lock}


def digest(wheel: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Named:
    """A project with an index, the variables for its credentials, and those of the error."""

    declared: Callable[[Index, Path], dict[str, str]]
    environ: dict[str, str]
    variable: str


NAMED = [
    Named(poetry_lock, BY_POETRY, "POETRY_HTTP_BASIC_CORP_USERNAME"),
    Named(uv_lock, BY_POETRY, "UV_INDEX_CORP_USERNAME"),
    Named(pipfile_lock, {"CORP_USER": USER, "corp_password": PASSWORD}, "corp_password"),
    Named(of_pdm, BY_UV, "UV_INDEX_CORP_USERNAME"),
]


@pytest.mark.parametrize("named", NAMED, ids=lambda named: named.declared.__name__)
def test_named_index(
    workspace: Workspace, index: Index, wheel: Path, tmp_path: Path, named: Named
) -> None:
    """Variables have the credentials by the index's name. Otherwise the error names them."""
    (workspace.app / "pyproject.toml").unlink()
    workspace.write(named.declared(index, wheel))
    root = str(write_bindings(tmp_path / "b", ca_certificates=authority(index)))
    wrong = dict.fromkeys(named.environ, "wrong-ones")

    without = workspace.run("build", SERVICE_BINDING_ROOT=root)
    refused = workspace.run("build", SERVICE_BINDING_ROOT=root, **wrong)
    phase = workspace.run("build", SERVICE_BINDING_ROOT=root, **named.environ)

    for failed in (without, refused):
        assert_fails(workspace, failed, "The package index refuses access")
        assert f"Index:    {index.url}\nName:     corp\n" in failed.log
        assert f"    {named.variable}\n" in failed.log
    assert "wrong-ones" not in refused.log
    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)
    assert_kept_secret(workspace, phase)


def test_named_by_nobody(workspace: Workspace) -> None:
    """Variables for an unknown index are named in the log."""
    workspace.write({"pyproject.toml": PROJECT})

    phase = workspace.run("build", BP_FUNCTION_CHECK="off", UV_INDEX_CROP_USERNAME=USER)

    assert "No index matches the name in UV_INDEX_CROP_USERNAME. Known indexes: none." in phase.log


def test_credentials_wrong(workspace: Workspace, index: Index, tmp_path: Path) -> None:
    """If the index responds with 401, the error is about credentials, not requirements."""
    root = write_bindings(tmp_path / "b", ca_certificates=authority(index))

    phase = workspace.run("build", SERVICE_BINDING_ROOT=str(root), UV_DEFAULT_INDEX=index.url)

    assert_fails(workspace, phase, "The package index refuses access")


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (401, "The package index refuses access"),
        (403, "The package index refuses access"),
        (500, "The package index responds with a server error"),
        (503, "The package index responds with a server error"),
        (400, "An address responds with an error"),
        (0, "The package index takes too long to respond"),
    ],
)
def test_index_fails(workspace: Workspace, status: int, title: str) -> None:
    """Each failure of an index has its own error, within a time limit."""
    within = "60" if status else "1"
    with package_index.failing(status) as url:
        phase = workspace.run(
            "build", UV_DEFAULT_INDEX=url, UV_HTTP_RETRIES="0", UV_HTTP_TIMEOUT=within
        )

    assert_fails(workspace, phase, title)


@pytest.mark.parametrize(
    "line",
    [
        "acme @ git+https://127.0.0.1:9/acme.git",
        "acme @ https://127.0.0.1:9/acme-1-py3-none-any.whl",
        "-c https://127.0.0.1:9/constraints.txt",
    ],
    ids=["repository", "wheel", "list"],
)
def test_address_unreachable(workspace: Workspace, line: str) -> None:
    """The error for the address of a requirement does not mention an index."""
    workspace.write({"requirements.txt": f"{line}\n"})

    phase = workspace.run("build", UV_HTTP_RETRIES="0")

    assert_fails(workspace, phase, "An address does not respond")
    _, _, ending = phase.log.partition("ERROR: ")
    assert "https://127.0.0.1:9/" in ending
    assert "index" not in ending.replace("It is not the address of a package index", "")


def test_credentials_in_requirements(workspace: Workspace) -> None:
    """uv's output with lines of a requirements file has no password."""
    workspace.write({"requirements.txt": f"what is https://{USER}:{PASSWORD}@h/ this\n"})

    phase = workspace.run("build")

    assert_fails(workspace, phase, "The packages could not be installed")
    assert f"https://{USER}:****@h/" in phase.log


def test_wheels(workspace: Workspace) -> None:
    """Wheels in vendor/ are installed without an index, and are not in the image."""
    write_wheel(workspace.app / "vendor")

    phase = workspace.run(
        "build", UV_DEFAULT_INDEX="http://127.0.0.1:9/simple", UV_HTTP_RETRIES="0"
    )

    assert 0 == phase.status, phase.log
    assert "Wheels: vendor, without an index" in phase.log
    assert "1.0" == workspace.python(VERSION)
    assert not (workspace.app / "vendor").exists()


def test_wheels_of_a_lock(workspace: Workspace, tmp_path: Path) -> None:
    """The packages in uv.lock are installed from vendor/, without the lock's index."""
    wheel = write_wheel(tmp_path / "packages")
    pyproject = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11"\n'
    extra = '[project.optional-dependencies]\nmore = ["acme-private"]\n'
    workspace.write({"pyproject.toml": f"{pyproject}{extra}"})
    with public_index.serving(tmp_path / "packages") as index:
        lock = ["uv", "lock", "--quiet", "--default-index", index.url]
        subprocess.run(lock, cwd=workspace.app, check=True)
    (workspace.app / "vendor").mkdir()
    shutil.copy(wheel, workspace.app / "vendor")

    phase = workspace.run("build", BP_FUNCTION_EXTRAS="more")

    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)


def test_wheels_decide(workspace: Workspace) -> None:
    """Another wheel gives another layer: without a lock the wheels decide what is installed."""
    write_wheel(workspace.app / "vendor")
    assert 0 == workspace.run("build").status
    write_wheel(workspace.app / "vendor", "2.0")

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "wheels changed" in phase.log
    assert "2.0" == workspace.python(VERSION)


@pytest.mark.parametrize(
    ("declared", "environ"),
    [
        ("./vendor/acme_private-1.0-py3-none-any.whl\nidna==3.10\n", {}),
        ("--find-links ./vendor\nacme-private\nidna==3.10\n", {}),
        ("acme-private\nidna==3.10\n", {"PIP_FIND_LINKS": "vendor"}),
    ],
    ids=["wheel", "folder", "variable"],
)
def test_wheels_named(workspace: Workspace, declared: str, environ: dict[str, str]) -> None:
    """If a manifest names the folder of wheels, the index has the other packages."""
    write_wheel(workspace.app / "vendor")
    workspace.write({"requirements.txt": declared})

    phase = workspace.run("build", **environ)

    assert 0 == phase.status, phase.log
    assert "Wheels: from vendor where the requirements name it" in phase.log
    assert "1.0 3.10" == workspace.python(f"import idna; {VERSION[:-1]}, idna.__version__)")
    assert not (workspace.app / "vendor").exists()


def test_no_index(workspace: Workspace, tmp_path: Path) -> None:
    """With PIP_NO_INDEX, packages come from PIP_FIND_LINKS."""
    write_wheel(tmp_path / "packages")
    links = str(tmp_path / "packages")

    alone = workspace.run("build", PIP_NO_INDEX="1")
    phase = workspace.run("build", PIP_NO_INDEX="yes", PIP_FIND_LINKS=links)

    assert_fails(workspace, alone, "The function's dependencies cannot be resolved")
    assert "so the build searched no index, and it has no folder with wheels" in alone.log
    assert "BP_WHEELS=off" not in alone.log
    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)


@pytest.mark.parametrize(
    ("before", "environ", "version"),
    [("", {}, "1.0"), ("--pre\n", {}, "2.0rc1"), ("", {"PIP_PRE": "1"}, "2.0rc1")],
    ids=["final", "line", "variable"],
)
def test_pre_releases(
    workspace: Workspace, before: str, environ: dict[str, str], version: str
) -> None:
    """Pre-releases are installed as with pip, and requirements may continue in the next line."""
    write_wheel(workspace.app / "dist")
    write_wheel(workspace.app / "dist", "2.0rc1")
    lines = "--no-index\n--find-links \\\n  dist\nacme-private \\\n  >= 1.0, \\\n  < 3\n"
    workspace.write({"requirements.txt": f"{before}{lines}"})

    phase = workspace.run("build", **environ)

    assert 0 == phase.status, phase.log
    assert version == workspace.python(VERSION)


def test_first_index(workspace: Workspace, tmp_path: Path) -> None:
    """If a later index has the version, the error names the variable for it."""
    write_wheel(tmp_path / "a")
    write_wheel(tmp_path / "b", "2.0")
    with (
        public_index.serving(tmp_path / "a") as a,
        public_index.serving(tmp_path / "b") as b,
    ):
        lines = f"--index-url {b.url}\n--extra-index-url {a.url}\nacme-private>=2\n"
        workspace.write({"requirements.txt": lines})
        failed = workspace.run("build")
        phase = workspace.run("build", UV_INDEX_STRATEGY="unsafe-best-match")

    assert_fails(workspace, failed, "The function's dependencies cannot be resolved")
    assert "UV_INDEX_STRATEGY=unsafe-best-match" in failed.log
    assert 1 == failed.log.count("No solution found")
    assert 0 == phase.status, phase.log
    assert "2.0" == workspace.python(VERSION)


def test_wheels_incomplete(workspace: Workspace) -> None:
    """A package without a wheel is named in the error."""
    write_wheel(workspace.app / "wheels")
    workspace.write({"requirements.txt": "acme-private\nidna\n"})

    phase = workspace.run("build", BP_WHEELS="wheels")

    assert_fails(workspace, phase, "The function's dependencies cannot be resolved")
    assert "idna" in phase.log
    assert f"The build searched only the wheels in {workspace.app}/wheels" in phase.log
    assert "BP_WHEELS=off" in phase.log


def test_binding_malformed(workspace: Workspace, tmp_path: Path) -> None:
    """A malformed binding is an error before any download, without its text."""
    root = write_bindings(tmp_path / "b", pip={"pip.conf": f"[global]\n{PASSWORD}\n"})

    phase = workspace.run("build", SERVICE_BINDING_ROOT=str(root))

    assert_fails(workspace, phase, "Invalid service binding")
    assert "a mistake in line 2" in phase.log


def assert_fails(workspace: Workspace, phase: Phase, title: str) -> None:
    """Check that a build failed with this error and shows no secret."""
    assert 1 == phase.status, phase.log
    assert f"ERROR: {title}" in phase.log
    assert PASSWORD not in phase.log


def assert_kept_secret(workspace: Workspace, phase: Phase) -> None:
    """Check that no file and no line of the log contains the password."""
    assert PASSWORD not in phase.log
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    for folder in (workspace.layers, workspace.app):
        for name, content in files_below(folder).items():
            assert PASSWORD.encode() not in content, name
            assert encoded not in content, name


@pytest.mark.row("T14")
def test_proxy(workspace: Workspace, tmp_path: Path) -> None:
    """Downloads use the proxy. Without it, the error names its settings."""
    write_wheel(tmp_path / "packages")
    with public_index.serving(tmp_path / "packages") as proxy:
        index = "http://index.invalid/simple/"  # a name that only the proxy knows
        alone = workspace.run(
            "build", UV_DEFAULT_INDEX=index, HTTP_PROXY="", NO_PROXY="", UV_HTTP_RETRIES="0"
        )
        phase = workspace.run("build", UV_DEFAULT_INDEX=index, HTTP_PROXY=proxy.host, NO_PROXY="")

    assert 1 == alone.status
    assert "ERROR: The package index does not respond" in alone.log
    assert "HTTPS_PROXY and NO_PROXY" in alone.log
    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)
