"""bin/build with a real index that has a password and a private certificate authority."""

import base64
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract import package_index
from contract.package_index import PASSWORD, USER, Index, write_bindings, write_wheel
from contract.phases import Phase, Workspace, files_below

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
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A running index with one package."""
    packages = tmp_path_factory.mktemp("packages")
    write_wheel(packages)
    with package_index.serving(packages) as running:
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
    """Each kind of binding leads to the private package; its credentials are left nowhere."""
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
    """pip's variables do the same, without any binding."""
    certificate = tmp_path / "corp.pem"
    certificate.write_bytes(index.authority)

    phase = workspace.run("build", PIP_INDEX_URL=index.url_with_password, PIP_CERT=str(certificate))

    assert 0 == phase.status, phase.log
    assert_kept_secret(workspace, phase)


def test_root_by_variable(workspace: Workspace, index: Index, tmp_path: Path) -> None:
    """SERVICE_BINDING_ROOT says where the bindings are; what is not used of them is said."""
    root = write_bindings(tmp_path / "b", ca_certificates=authority(index), **by_netrc(index))
    with (root / "pip" / "pip.conf").open("a") as pip_conf:
        pip_conf.write("user = yes\n")

    phase = workspace.run("build", SERVICE_BINDING_ROOT=str(root))

    assert 0 == phase.status, phase.log
    assert "settings of pip that are not used here: user of pip.conf" in phase.log


def test_certificate_unknown(workspace: Workspace, index: Index) -> None:
    """Without the authority's certificate the message names what is missing."""
    phase = workspace.run("build", UV_DEFAULT_INDEX=index.url_with_password, UV_HTTP_RETRIES="0")

    assert_fails(workspace, phase, "The package index has a certificate that is not trusted")
    assert "ca-certificates" in phase.log


def test_credentials_wrong(workspace: Workspace, index: Index, tmp_path: Path) -> None:
    """The index answers 401: the message is of credentials, not of requirements."""
    root = write_bindings(tmp_path / "b", ca_certificates=authority(index))

    phase = workspace.run("build", SERVICE_BINDING_ROOT=str(root), UV_DEFAULT_INDEX=index.url)

    assert_fails(workspace, phase, "The package index refuses access")


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (401, "The package index refuses access"),
        (403, "The package index refuses access"),
        (500, "The package index fails"),
        (503, "The package index fails"),
        (400, "An address answers with an error"),
        (0, "The package index takes too long to answer"),
    ],
)
def test_index_fails(workspace: Workspace, status: int, title: str) -> None:
    """Each way that an index fails has its own message, within a bound."""
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
    """An address that a requirement names is no index, and is told as it is."""
    workspace.write({"requirements.txt": f"{line}\n"})

    phase = workspace.run("build", UV_HTTP_RETRIES="0")

    assert_fails(workspace, phase, "An address does not answer")
    _, _, ending = phase.log.partition("ERROR: ")
    assert "https://127.0.0.1:9/" in ending
    assert "index" not in ending.replace("none of a package index", "")


def test_credentials_in_requirements(workspace: Workspace) -> None:
    """What uv repeats of a requirements file has no password either."""
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
    assert "Wheels: vendor, and no index" in phase.log
    assert "1.0" == workspace.python(VERSION)
    assert not (workspace.app / "vendor").exists()


def test_wheels_of_a_lock(workspace: Workspace, tmp_path: Path) -> None:
    """What uv.lock names is installed from vendor/ as well, and the index of the lock not asked."""
    wheel = write_wheel(tmp_path / "packages")
    pyproject = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11"\n'
    extra = '[project.optional-dependencies]\nmore = ["acme-private"]\n'
    workspace.write({"pyproject.toml": f"{pyproject}{extra}"})
    with package_index.counting(tmp_path / "packages") as (url, _):
        lock = ["uv", "lock", "--quiet", "--default-index", url]
        subprocess.run(lock, cwd=workspace.app, check=True)
    (workspace.app / "vendor").mkdir()
    shutil.copy(wheel, workspace.app / "vendor")

    phase = workspace.run("build", BP_FUNCTION_EXTRAS="more")

    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)


def test_wheels_decide(workspace: Workspace) -> None:
    """Another wheel is another layer: without a lock the wheels decide what is installed."""
    write_wheel(workspace.app / "vendor")
    assert 0 == workspace.run("build").status
    write_wheel(workspace.app / "vendor", "2.0")

    phase = workspace.run("build")

    assert 0 == phase.status, phase.log
    assert "wheels changed" in phase.log
    assert "2.0" == workspace.python(VERSION)


def test_wheels_incomplete(workspace: Workspace) -> None:
    """A package that is not among the wheels is named."""
    write_wheel(workspace.app / "wheels")
    workspace.write({"requirements.txt": "acme-private\nidna\n"})

    phase = workspace.run("build", BP_WHEELS="wheels")

    assert_fails(workspace, phase, "The function's requirements cannot be met")
    assert "idna" in phase.log
    assert f"Only the wheels in {workspace.app}/wheels were searched" in phase.log
    assert "BP_WHEELS=off" in phase.log


def test_binding_malformed(workspace: Workspace, tmp_path: Path) -> None:
    """A malformed binding ends the build before anything is fetched, without its text."""
    root = write_bindings(tmp_path / "b", pip={"pip.conf": f"[global]\n{PASSWORD}\n"})

    phase = workspace.run("build", SERVICE_BINDING_ROOT=str(root))

    assert_fails(workspace, phase, "A service binding cannot be used")
    assert "a mistake in line 2" in phase.log


def assert_fails(workspace: Workspace, phase: Phase, title: str) -> None:
    """Check that a build ended with this error and told no secret."""
    assert 1 == phase.status, phase.log
    assert f"ERROR: {title}" in phase.log
    assert PASSWORD not in phase.log


def assert_kept_secret(workspace: Workspace, phase: Phase) -> None:
    """Check that no file and no line of the log holds the password."""
    assert PASSWORD not in phase.log
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    for folder in (workspace.layers, workspace.app):
        for name, content in files_below(folder).items():
            assert PASSWORD.encode() not in content, name
            assert encoded not in content, name


@pytest.mark.row("T14")
def test_proxy(workspace: Workspace, tmp_path: Path) -> None:
    """What is behind a proxy is fetched through it; without it the message names its settings."""
    write_wheel(tmp_path / "packages")
    with package_index.behind_a_proxy(tmp_path / "packages") as (proxy, index):
        alone = workspace.run(
            "build", UV_DEFAULT_INDEX=index, HTTP_PROXY="", NO_PROXY="", UV_HTTP_RETRIES="0"
        )
        phase = workspace.run("build", UV_DEFAULT_INDEX=index, HTTP_PROXY=proxy, NO_PROXY="")

    assert 1 == alone.status
    assert "ERROR: The package index does not answer" in alone.log
    assert "HTTPS_PROXY and NO_PROXY" in alone.log
    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python(VERSION)
