"""The indexes that a project names, and the credentials for them."""

import tomllib

import pytest

from function_buildpack.source.pyproject import Pyproject
from function_buildpack.uv import named_indexes
from function_buildpack.uv.named_indexes import Credentials, NamedCredentials

CORP = "https://corp.example/pypi/simple"


def table(tool: str, key: str) -> dict[str, object]:
    """Return a pyproject.toml in which a tool names an index."""
    return {"tool": {tool: {key: [{"name": "corp", "url": CORP}, {"name": "PyPI"}]}}}


@pytest.mark.parametrize(
    "pyproject", [table("uv", "index"), table("poetry", "source"), table("pdm", "source")]
)
def test_of_project(pyproject: dict[str, object]) -> None:
    """Each tool's way to name an index is read."""
    assert {"corp": CORP} == named_indexes.of_project(Pyproject(pyproject))


@pytest.mark.parametrize(
    "tool", [3, {"uv": []}, {"uv": {"index": ["corp"]}}, {"pdm": {"source": 1}}]
)
def test_of_project_malformed(tool: object) -> None:
    """Values of a wrong type are ignored. Other modules check them."""
    assert {} == named_indexes.of_project(Pyproject({"tool": tool}))


def test_of_other_tools() -> None:
    """Indexes that uv does not read, and that are for all packages, are found."""
    sources = [
        {"name": "first", "url": "https://first/"},
        {"name": "second", "url": "https://second/", "priority": "supplemental"},
        {"name": "third", "url": "https://third/", "priority": "explicit"},
    ]
    tool = {
        "poetry": {"source": sources},
        "pdm": {"source": [{"name": "pdm", "url": "https://pdm/"}]},
        "uv": {"index": [{"name": "uv", "url": "https://uv/"}]},
    }

    found = named_indexes.of_other_tools(Pyproject({"tool": tool}))

    urls = {"pdm": "https://pdm/", "first": "https://first/", "second": "https://second/"}
    assert urls == found


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"POETRY_HTTP_BASIC_MY_CORP_USERNAME": "u", "POETRY_HTTP_BASIC_MY_CORP_PASSWORD": "p"},
            NamedCredentials((Credentials(CORP, "u", "p"),)),
        ),
        (
            {
                "UV_INDEX_MY_CORP_USERNAME": "u",
                "UV_INDEX_MY_CORP_PASSWORD": "p",
                "POETRY_HTTP_BASIC_MY_CORP_USERNAME": "other",
                "POETRY_HTTP_BASIC_MY_CORP_PASSWORD": "other",
            },
            NamedCredentials((Credentials(CORP, "u", "p"),)),
        ),
        (
            {"POETRY_HTTP_BASIC_MY_CORP_USERNAME": "token"},
            NamedCredentials((Credentials(CORP, "token", ""),), (), frozenset({"token"})),
        ),
        (
            {
                "POETRY_REPOSITORIES_HERE_URL": CORP,
                "POETRY_HTTP_BASIC_HERE_USERNAME": "u",
                "POETRY_HTTP_BASIC_HERE_PASSWORD": "p",
            },
            NamedCredentials((Credentials(CORP, "u", "p"),)),
        ),
        (
            {
                "UV_INDEX_CROP_USERNAME": "u",
                "UV_INDEX_CROP_PASSWORD": "p",
                "UV_INDEX_OWN_USERNAME": "u",
                "UV_INDEX_OWN_PASSWORD": "p",
                "UV_INDEX": "https://x/ own=https://own/",
            },
            NamedCredentials((), ("UV_INDEX_CROP_USERNAME",)),
        ),
        ({"UV_INDEX_STRATEGY": "first-index"}, NamedCredentials()),
    ],
    ids=["poetry", "uv first", "token", "repository", "unused", "none"],
)
def test_credentials(environ: dict[str, str], expected: NamedCredentials) -> None:
    """Variables have the credentials by the index's name. Unknown names are reported."""
    url = CORP.replace("://", "://ignored@")

    assert expected == named_indexes.credentials({"my-corp": url}, environ)


def test_store() -> None:
    """The credentials are for the index, its files, and its host."""
    found = [Credentials(CORP, "u", 'p"\\ü'), Credentials("https://corp.example/b/", "v", "q")]

    stored = tomllib.loads(named_indexes.store(found))["credential"]

    assert [
        (CORP, 'p"\\ü'),
        ("https://corp.example/pypi/", 'p"\\ü'),
        ("https://corp.example/", 'p"\\ü'),
        ("https://corp.example/b/", "q"),
    ] == [(entry["service"], entry["password"]) for entry in stored]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "--index-url https://${USER}:$PASSWORD@h/simple",
            "--index-url https://me:a%40%2Fb@h/simple",
        ),
        ("https://${USER}:${MISSING}@h/$USER", "https://h/$USER"),
        ("https://a:b%40@h/", "https://a:b%40@h/"),
        ("https://h/", "https://h/"),
    ],
)
def test_expanded(url: str, expected: str) -> None:
    """Variables are replaced as Pipenv does, quoted; one without a value leaves no credentials."""
    assert expected == named_indexes.expanded(url, {"USER": "me", "PASSWORD": "a@/b"})


def test_references() -> None:
    """Only variables before the host are credentials."""
    assert ("A", "b") == named_indexes.references("https://${A}:$b@h/${C}")
    assert () == named_indexes.references("https://h/${C}")
