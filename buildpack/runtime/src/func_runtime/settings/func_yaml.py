"""Reads what func.yaml declares for running a function. In an image the build has read it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from func_runtime.errors import FieldInvalid, FileInvalid, YamlReaderMissing

if TYPE_CHECKING:
    import yaml


class FuncYaml(NamedTuple):
    """The fields that the runtime uses. All are optional."""

    invoke: str = ""
    liveness_path: str = ""
    readiness_path: str = ""


def read(path: Path) -> FuncYaml:
    """Read func.yaml. A missing file is like an empty one. Unknown fields are ignored, as by func.

    :raises FileInvalid: it is not valid YAML.
    :raises FieldInvalid: a field has an invalid value.
    :raises YamlReaderMissing: PyYAML is not installed.
    """
    if not path.is_file():
        return FuncYaml()
    fields = _Fields(path, _parse(path))
    health = fields.table("deploy").table("healthEndpoints")
    return FuncYaml(fields.text("invoke"), health.text("liveness"), health.text("readiness"))


def _parse(path: Path) -> Mapping[str, object]:
    try:
        import yaml  # noqa: PLC0415 -- for hosts only; images do not have it
    except ModuleNotFoundError as error:
        raise YamlReaderMissing(path) from error
    if path.stat().st_size > _LARGEST_FILE:
        raise FileInvalid(path, f"it is larger than {_LARGEST_FILE >> 10} KiB")
    try:
        document = _document(yaml.SafeLoader(path.read_text(encoding="utf-8-sig")))
    except RecursionError as error:
        raise FileInvalid(path, "it is nested too deeply") from error
    except (yaml.YAMLError, *_UNMARKED) as error:
        raise FileInvalid(path, _problem(error)) from error
    if not isinstance(document, dict | None):
        raise FieldInvalid(path, "the document", repr(document)[:60], "a mapping of fields")
    return document or {}


# PyYAML creates dates and numbers with Python's own functions, and does not catch their errors.
_UNMARKED = (AttributeError, LookupError, ValueError)

# As in the build (function_buildpack/source/func_yaml.py), which has the reasons.
_LARGEST_FILE = 512 << 10
_MOST_VALUES = 20_000
_LONGEST_NUMBER = 100
_TEXT_TAG = "tag:yaml.org,2002:str"


def _document(loader: "yaml.SafeLoader") -> object:
    """Return the parsed file, if that does not take long.

    :raises ValueError: it would take long. :raises YAMLError: it is not valid YAML.
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


def _size(node: "yaml.Node", sizes: "dict[yaml.Node, int]") -> int:
    """Return how many values a value has. What an alias refers to counts again.

    A value that contains itself counts as too many.
    """
    if node not in sizes:
        sizes[node] = _MOST_VALUES
        parts = node.value if isinstance(node.value, list) else ()
        nodes = (each for part in parts for each in (part if isinstance(part, tuple) else (part,)))
        sizes[node] = 1 + sum(_size(each, sizes) for each in nodes)
    return sizes[node]


def _is_long_number(node: "yaml.Node") -> bool:
    is_text = isinstance(node.value, list) or node.tag == _TEXT_TAG
    return not is_text and len(node.value) > _LONGEST_NUMBER


def _problem(error: Exception) -> str:
    """Return a parser's message on one line, with the position if it is known."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    return f"{getattr(error, 'problem', '')} (at line {mark.line + 1}, column {mark.column + 1})"


class _Fields(NamedTuple):
    """A mapping of the file. A missing field is like an empty one."""

    path: Path
    content: Mapping[str, object]
    prefix: str = ""

    def text(self, name: str) -> str:
        """Return a field's text. :raises FieldInvalid: it is not text."""
        value = self.content.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._invalid(name, value, "text")
        return value

    def table(self, name: str) -> "_Fields":
        """Return a field's mapping. :raises FieldInvalid: it is not a mapping."""
        value = self.content.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._invalid(name, value, "a mapping")
        return _Fields(self.path, value, f"{self.prefix}{name}.")

    def _invalid(self, name: str, value: object, expected: str) -> FieldInvalid:
        return FieldInvalid(self.path, f"{self.prefix}{name}", repr(value)[:60], expected)
