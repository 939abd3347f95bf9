"""pip's settings of the index, as uv's."""

from function_buildpack import index_settings
from function_buildpack.index_settings import IndexSettings


def test_every_setting() -> None:
    """Each has its counterpart; lists are separated as uv wants them."""
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
        },
        ("--no-index",),
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
    """pip's settings without a counterpart are named, but those that change nothing."""
    environ = {"PIP_NO_CACHE_DIR": "1", "PIP_REQUIREMENT": "more.txt", "PIP_USER": ""}

    found = index_settings.translate(environ, {"user": "yes", "no-cache-dir": "1"})

    assert ("PIP_REQUIREMENT", "user of pip.conf") == found.unused
