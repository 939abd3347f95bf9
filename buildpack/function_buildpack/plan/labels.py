"""The image's labels, from facts about the function. Pure.

Names: OCI image specification, "Pre-Defined Annotation Keys".
"""

from collections.abc import Mapping
from typing import Any

from function_buildpack.image import licenses
from function_buildpack.log import url_redaction
from function_buildpack.source.project import Project

_PREFIX = "org.opencontainers.image."

# Names in `project.urls` ("Well-known Project URLs in Metadata" in the packaging guide).
_HOME = ("homepage",)
_SOURCE = ("source", "repository", "sourcecode", "github")
_DOCUMENTATION = ("documentation", "docs")


def of(project: Project) -> dict[str, str]:
    """Return the labels from pyproject.toml, func.yaml and git. Missing values have no label."""
    table = project.pyproject.project
    urls = _urls(table.get("urls"))
    known = {
        "title": project.func_yaml.name or table.get("name"),
        "description": table.get("description"),
        "version": table.get("version"),
        "authors": _authors(table.get("authors")),
        "licenses": _license(table.get("license")),
        "url": _first(urls, _HOME),
        "documentation": _first(urls, _DOCUMENTATION),
        "source": _first(urls, _SOURCE) or project.checkout.remote,
        "revision": project.checkout.revision,
    }
    return {
        f"{_PREFIX}{key}": value for key, value in known.items() if isinstance(value, str) and value
    }


def _urls(table: object) -> dict[str, str]:
    """Return the addresses by normalized name, without credentials."""
    if not isinstance(table, Mapping):
        return {}
    return {
        "".join(letter for letter in name if letter.isalnum()).lower(): url_redaction.public(
            address
        )
        for name, address in table.items()
        if isinstance(address, str)
    }


def _first(urls: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((urls[name] for name in names if urls.get(name)), "")


def _authors(value: object) -> str:
    people = value if isinstance(value, list) else []
    return ", ".join(filter(None, (_author(item) for item in people if isinstance(item, Mapping))))


def _author(person: Mapping[str, Any]) -> str:
    name, email = str(person.get("name", "")), str(person.get("email", ""))
    return f"{name} <{email}>" if name and email else name or email


def _license(value: object) -> str:
    """Return the SPDX expression. A table's text may be one (PEP 621, before PEP 639)."""
    text = value.get("text") if isinstance(value, Mapping) else value
    return licenses.expression(text) if isinstance(text, str) else ""
