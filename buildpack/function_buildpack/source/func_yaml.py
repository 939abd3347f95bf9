"""Reads func.yaml. Only the fields that matter for a build are read, and all are optional.

`func` itself ignores unknown fields, too. The runtime has its own reader of the same file: neither
side may import the other, because they are in different images and may have different versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from function_buildpack.log.errors.source import FieldInvalid, FileInvalid
from function_buildpack.source import schema


@dataclass(frozen=True)
class FuncYaml:
    """The fields of func.yaml that matter for a build. All are optional."""

    name: str = ""
    runtime: str = ""
    invoke: str = ""
    liveness_path: str = ""
    readiness_path: str = ""


def read(path: Path) -> FuncYaml:
    """Read func.yaml. A missing file counts as empty.

    :raises FileInvalid: it is not YAML. :raises FieldInvalid: a field has a wrong type.
    """
    if not path.is_file():
        return FuncYaml()
    try:
        table = _document(yaml.SafeLoader(_text(path)))
    except yaml.MarkedYAMLError as error:
        raise FileInvalid(path, "YAML", _yaml_problem(error)) from error
    except UnicodeDecodeError as error:
        raise FileInvalid.undecodable(path, "YAML", error) from error
    except RecursionError as error:
        raise FileInvalid.too_deep(path, "YAML") from error
    except (yaml.YAMLError, *_UNMARKED) as error:
        raise FileInvalid(path, "YAML", " ".join(str(error).split())) from error
    if not isinstance(table, dict | None):
        raise FieldInvalid(path, "the document", schema.shown(table), "a mapping of fields")
    fields = Fields(path, table or {})
    health = fields.table("deploy").table("healthEndpoints")
    return FuncYaml(
        name=fields.text("name"),
        runtime=fields.text("runtime"),
        invoke=fields.text("invoke"),
        liveness_path=health.text("liveness"),
        readiness_path=health.text("readiness"),
    )


# PyYAML does not catch the errors of Python's own functions for dates and numbers.
_UNMARKED = (AttributeError, LookupError, ValueError)


# Limits, so that no file takes long. The runtime's reader has the same ones.
_LARGEST_FILE = 512 << 10
# The number of values, with repetitions by aliases: a few lines can expand to billions.
_MOST_VALUES = 20_000
# The length of a number or date. To convert a long one takes seconds, and printing it fails.
_LONGEST_NUMBER = 100
_TEXT_TAG = "tag:yaml.org,2002:str"


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_FILE:
        raise FileInvalid(path, "YAML", f"it is larger than {_LARGEST_FILE >> 10} KiB")
    return path.read_text(encoding="utf-8-sig")


def _document(loader: yaml.SafeLoader) -> object:
    """Return the document of the file.

    :raises ValueError: it exceeds a limit. :raises YAMLError: it is not YAML.
    """
    node = loader.get_single_node()
    if node is None:
        return None
    sizes: dict[yaml.Node, int] = {}
    if _size(node, sizes) > _MOST_VALUES:
        raise ValueError("too many values; aliases may repeat them")
    if any(_is_long_number(each) for each in sizes):
        raise ValueError("a number or date is too long")
    return loader.construct_document(node)


def _size(node: yaml.Node, sizes: dict[yaml.Node, int]) -> int:
    """Return the number of values within a value, with repetitions by aliases.

    A value that contains itself counts as too many.
    """
    if node not in sizes:
        sizes[node] = _MOST_VALUES
        parts = node.value if isinstance(node.value, list) else ()
        nodes = (each for part in parts for each in (part if isinstance(part, tuple) else (part,)))
        sizes[node] = 1 + sum(_size(each, sizes) for each in nodes)
    return sizes[node]


def _is_long_number(node: yaml.Node) -> bool:
    is_text = isinstance(node.value, list) or node.tag == _TEXT_TAG
    return not is_text and len(node.value) > _LONGEST_NUMBER


@dataclass(frozen=True)
class Fields:
    """A table of a file. A missing field counts as empty."""

    path: Path
    content: Mapping[str, Any]
    prefix: str = ""

    def text(self, name: str) -> str:
        """Return a field's text. :raises FieldInvalid: it is not a text."""
        return self._get(name, str, "text") or ""

    def table(self, name: str) -> "Fields":
        """Return a field's table. :raises FieldInvalid: it is not a table."""
        content = self._get(name, dict, "a mapping") or {}
        return Fields(self.path, content, f"{self.prefix}{name}.")

    def _get(self, name: str, kind: type, expected: str) -> Any:  # noqa: ANN401 -- parsed data
        value = self.content.get(name)
        if value is not None and not isinstance(value, kind):
            raise FieldInvalid(self.path, f"{self.prefix}{name}", schema.shown(value), expected)
        return value


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f" (at line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{error.problem or error.context}{where}"
