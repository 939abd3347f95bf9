"""bin/build with requirements in git repositories that have a password and a private authority."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import git_server, manifests
from contract.package_index import PASSWORD, USER, Index, write_bindings
from contract.phases import Phase, Workspace, files_below

SETUP = (
    "from setuptools import setup\nsetup(name='acme-private', version='1.0', packages=['acme'])\n"
)


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A server with a package that has a private submodule, which has the module."""
    folder = tmp_path_factory.mktemp("repositories")
    with git_server.serving(folder) as server:
        part = folder / "part"
        part.mkdir()
        (part / "__init__.py").write_text("VERSION = '1.0'\n")
        manifests.make_repository(part, folder / "part.git")
        package = folder / "package"
        package.mkdir()
        (package / "setup.py").write_text(SETUP)
        url = f"https://{server.host}/part.git"
        manifests.make_repository(
            package, folder / "package.git", {"acme": (folder / "part.git", url)}
        )
        yield server


@pytest.fixture
def workspace(tmp_path: Path, repositories: Index) -> Workspace:
    """A function that needs the package."""
    url = f"git+https://{repositories.host}/package.git@v1"
    return Workspace.create(
        tmp_path,
        {
            "function.py": "import acme\ndef handle(*request): ...\n",
            "requirements.txt": f"acme-private @ {url}\n",
        },
    )


def build(
    workspace: Workspace,
    repositories: Index,
    environ: dict[str, str] | None = None,
    **bindings: dict[str, str],
) -> Phase:
    """Build with bindings, one for the server's authority among them."""
    root = write_bindings(
        workspace.layers.parent / "bindings",
        ca_certificates={"corp.pem": repositories.authority.decode()},
        **bindings,
    )
    return workspace.run("build", SERVICE_BINDING_ROOT=str(root), **environ or {})


def test_netrc(workspace: Workspace, repositories: Index) -> None:
    """With a netrc, git reads the repository and its submodule. The password is in no file."""
    declared = f"machine 127.0.0.1 login {USER} password {PASSWORD}\n"

    phase = build(workspace, repositories, netrc={".netrc": declared})

    assert 0 == phase.status, phase.log
    assert "1.0" == workspace.python("import acme; print(acme.VERSION)")
    assert_kept_secret(workspace, phase)


def test_credentials_by_variables(workspace: Workspace, repositories: Index) -> None:
    """Credentials that a requirement takes from variables are in no file either."""
    declared = (workspace.app / "requirements.txt").read_text()
    workspace.write({"requirements.txt": declared.replace("https://", "https://${WHO}:${SECRET}@")})
    # The submodule's address has none; git has a way to give it some.
    configured = f"url.https://{USER}:{PASSWORD}@{repositories.host}/part.insteadOf"

    phase = build(
        workspace,
        repositories,
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": configured}
        | {"GIT_CONFIG_VALUE_0": f"https://{repositories.host}/part"}
        | {"WHO": USER, "SECRET": PASSWORD},
    )

    assert 0 == phase.status, phase.log
    assert_kept_secret(workspace, phase)


def test_refused(workspace: Workspace, repositories: Index) -> None:
    """A repository that requires other credentials has an error with a hint."""
    phase = build(workspace, repositories, netrc={".netrc": "machine 127.0.0.1 login a password b"})

    assert 1 == phase.status
    assert "ERROR: A git repository refuses access" in phase.log
    assert f"Authentication failed for 'https://{repositories.host}/package.git/'" in phase.log


def test_untrusted(workspace: Workspace) -> None:
    """A repository with an untrusted certificate has its own error."""
    phase = workspace.run("build")

    assert 1 == phase.status
    assert "ERROR: The package index's certificate is not trusted" in phase.log


def assert_kept_secret(workspace: Workspace, phase: Phase) -> None:
    """Check that no file and no line of the log contains the password."""
    assert PASSWORD not in phase.log
    for folder in (workspace.layers, workspace.app):
        for name, content in files_below(folder).items():
            assert PASSWORD.encode() not in content, name
