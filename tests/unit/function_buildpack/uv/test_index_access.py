"""Access to indexes: environment, temporary files, secrets."""

from pathlib import Path

from function_buildpack.source.bindings import Bindings
from function_buildpack.uv import index_access
from function_buildpack.uv.index_settings import PackageSource


def test_nothing() -> None:
    """Without bindings the environment is the platform's, with bounds for an index that hangs."""
    with index_access.prepared(
        {"PATH": "/bin", "UV_HTTP_RETRIES": "7", "UV_INDEX": ""}, Bindings()
    ) as found:
        assert {"PATH": "/bin", "UV_HTTP_RETRIES": "7", "UV_HTTP_TIMEOUT": "30"} == found.environ
    assert (PackageSource(), frozenset(), ()) == (found.source, found.secrets, found.unused)


def test_certificates(tmp_path: Path) -> None:
    """The bindings' certificates are added to the platform's. The bundle is deleted later."""
    (tmp_path / "own.pem").write_text("OWN")
    environ = {"SSL_CERT_FILE": str(tmp_path / "own.pem")}
    with index_access.prepared(environ, Bindings(certificates=("EXTRA",))) as found:
        bundle = Path(found.environ["SSL_CERT_FILE"])
        assert "OWN\nEXTRA\n" == bundle.read_text()
        assert str(bundle) == found.environ["GIT_SSL_CAINFO"]
    assert not bundle.exists()


def test_no_certificates_of_the_platform(tmp_path: Path) -> None:
    """On a build image without certificates, only the bindings' are trusted."""
    environ = {"SSL_CERT_FILE": str(tmp_path / "missing")}
    with index_access.prepared(environ, Bindings(certificates=("EXTRA",))) as found:
        assert "\nEXTRA\n" == Path(found.environ["SSL_CERT_FILE"]).read_text()


def test_uv(tmp_path: Path) -> None:
    """A binding's variables come after the platform's; its uv.toml becomes the system's."""
    bound = Bindings(
        netrc=tmp_path / "netrc",
        passwords=frozenset({"first"}),
        pip={"index-url": "https://me:second@h"},
        uv_toml='url = "https://me:third@h"',
        uv_environ={"UV_A": "binding", "UV_B": "binding"},
    )
    declared = {"UV_A": "own", "XDG_CONFIG_DIRS": "/etc/xdg", "GIT_CONFIG_COUNT": "2"}
    with index_access.prepared(declared, bound) as found:
        assert ("3", "credential.helper") == (
            found.environ["GIT_CONFIG_COUNT"],
            found.environ["GIT_CONFIG_KEY_2"],
        )
        assert ("own", "binding") == (found.environ["UV_A"], found.environ["UV_B"])
        assert str(tmp_path / "netrc") == found.environ["NETRC"]
        folder, other = found.environ["XDG_CONFIG_DIRS"].split(":")
        assert bound.uv_toml == Path(folder, "uv", "uv.toml").read_text()
        assert "/etc/xdg" == other
        assert {"first", "second", "third"} == found.secrets


def test_links(tmp_path: Path) -> None:
    """Folders of wheels are found from any other folder; addresses stay as they are."""
    environ = {"PIP_FIND_LINKS": "wheels /abs https://h/links"}
    with index_access.prepared(environ, Bindings(), {}, tmp_path) as found:
        assert f"{tmp_path}/wheels,/abs,https://h/links" == found.environ["UV_FIND_LINKS"]


def test_credentials(tmp_path: Path) -> None:
    """Credentials for indexes are where uv looks for them, as long as it runs, and no secret."""
    indexes = {"corp": "https://corp/simple", "vars": "https://${WHO}:$WHAT@vars/"}
    environ = {
        "POETRY_HTTP_BASIC_CORP_USERNAME": "mine",
        "POETRY_HTTP_BASIC_CORP_PASSWORD": "first",
        "UV_INDEX_TOKEN_USERNAME": "second",
        "WHAT": "third",
    }
    with index_access.prepared(environ, Bindings(), indexes) as found:
        stored = Path(found.environ["UV_CREDENTIALS_DIR"], "credentials.toml")
        assert 'service = "https://corp/simple"' in stored.read_text()
        assert 0o600 == stored.stat().st_mode & 0o777
        assert {"first", "second", "third"} == found.secrets
        assert (indexes, ("UV_INDEX_TOKEN_USERNAME",)) == (found.indexes, found.unmatched)
    assert not stored.exists()

    given = environ | {"UV_CREDENTIALS_DIR": str(tmp_path)}
    with index_access.prepared(given, Bindings(), indexes) as found:
        assert str(tmp_path) == found.environ["UV_CREDENTIALS_DIR"]
