"""pip's settings of the index, as uv's."""

import pytest

from function_buildpack.log.errors.source import SettingInvalid
from function_buildpack.uv import index_settings
from function_buildpack.uv.index_settings import IndexSettings


def test_every_setting() -> None:
    """Each setting is translated, and lists get uv's separator."""
    environ = {
        "PIP_INDEX_URL": "https://a/simple",
        "PIP_EXTRA_INDEX_URL": "https://b\n  https://c",
        "PIP_TRUSTED_HOST": "a b:8080",
        "PIP_FIND_LINKS": "/x /y",
        "PIP_CERT": "/ca.pem",
        "PIP_CLIENT_CERT": "/client.pem",
        "PIP_DEFAULT_TIMEOUT": "60",
        "PIP_CONSTRAINT": "a.txt b.txt",
        "PIP_BUILD_CONSTRAINT": "c.txt",
        "PIP_TIMEOUT": "7",
        "PIP_RETRIES": "1",
        "PIP_PROXY": "http://proxy",
        "PIP_NO_INDEX": "1",
        "PIP_PRE": "1",
        "PIP_REQUIRE_HASHES": "true",
    }

    assert IndexSettings(
        {
            "UV_DEFAULT_INDEX": "https://a/simple",
            "UV_INDEX": "https://b https://c",
            "UV_INSECURE_HOST": "a b:8080",
            "UV_FIND_LINKS": "/x,/y",
            "SSL_CERT_FILE": "/ca.pem",
            "SSL_CLIENT_CERT": "/client.pem",
            "UV_HTTP_TIMEOUT": "7",
            "UV_HTTP_RETRIES": "1",
            "HTTPS_PROXY": "http://proxy",
            "UV_CONSTRAINT": "a.txt b.txt",
            "UV_BUILD_CONSTRAINT": "c.txt",
            "UV_PRERELEASE": "allow",
            "UV_REQUIRE_HASHES": "1",
        },
        True,
    ) == index_settings.translate(environ, {})


def test_precedence() -> None:
    """uv's variables come before pip's, pip's before pip.conf; an empty one is an unset one."""
    environ = {
        "UV_INDEX_URL": "uv",
        "PIP_INDEX_URL": "pip",
        "PIP_TIMEOUT": "3",
        "PIP_RETRIES": "",
        "SSL_CERT_FILE": "the builder's",
    }
    pip_conf = {"index-url": "conf", "timeout": "4", "retries": "5", "cert": "/ca", "no-index": "0"}

    found = index_settings.translate(environ, pip_conf)

    expected = {"UV_HTTP_TIMEOUT": "3", "UV_HTTP_RETRIES": "5", "SSL_CERT_FILE": "/ca"}
    assert IndexSettings(expected) == found


def test_alias() -> None:
    """pip's second names mean the same."""
    found = index_settings.translate({"PIP_DEFAULT_TIMEOUT": "60"}, {"pypi-url": "https://a"})

    assert {"UV_HTTP_TIMEOUT": "60", "UV_DEFAULT_INDEX": "https://a"} == found.environ


def test_unused() -> None:
    """pip's settings without a translation are reported, except those without an effect."""
    environ = {"PIP_NO_CACHE_DIR": "1", "PIP_REQUIREMENT": "more.txt", "PIP_USER": ""}

    found = index_settings.translate(environ, {"user": "yes", "no-cache-dir": "1"})

    assert ("PIP_REQUIREMENT", "user of pip.conf") == found.unused


@pytest.mark.parametrize("value", ["1", "yes", "TRUE", "on", "t", "y"])
def test_yes(value: str) -> None:
    """pip takes several words for yes."""
    found = index_settings.translate({"PIP_NO_INDEX": value, "PIP_PRE": value}, {})

    assert IndexSettings({"UV_PRERELEASE": "allow"}, no_index=True) == found


@pytest.mark.parametrize("value", ["0", "no", "False", "off", "f", "n"])
def test_no(value: str) -> None:
    """The same for no, which takes precedence over yes in pip.conf."""
    environ = {"PIP_NO_INDEX": value, "PIP_PRE": value}

    assert IndexSettings() == index_settings.translate(environ, {"no-index": "1", "pre": "1"})


def test_neither() -> None:
    """Another word is an error, as it is for pip."""
    with pytest.raises(SettingInvalid) as caught:
        index_settings.translate({}, {"no-index": "Vendor/"})

    assert ("PIP_NO_INDEX", "vendor/") == (caught.value.name, caught.value.found)


def test_pre_releases_for_uv() -> None:
    """uv's own setting takes precedence."""
    found = index_settings.translate({"PIP_PRE": "1", "UV_PRERELEASE": "explicit"}, {})

    assert {} == found.environ


def test_for_pip() -> None:
    """uv's variables have their counterparts as well, where an index has no name."""
    environ = {"UV_INDEX": "corp=https://a/?x=1 https://b/", "UV_CONSTRAINT": "c.txt", "UV_X": "1"}

    expected = {"PIP_EXTRA_INDEX_URL": "https://a/?x=1 https://b/", "PIP_CONSTRAINT": "c.txt"}
    assert expected == index_settings.for_pip(environ)


def test_not_of_uv() -> None:
    """A variable that looks like uv's, but that uv does not read, is reported."""
    found = index_settings.translate({"UV_NO_INDEX": "1"}, {})

    assert IndexSettings(unused=("UV_NO_INDEX (unknown to uv; use PIP_NO_INDEX)",)) == found
