"""Reads what func.yaml says of running a function, where no build has read it before."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from func_runtime.errors import FieldInvalid, FileInvalid, YamlReaderMissing


class FuncYaml(NamedTuple):
    """The fields that decide something here. All are optional."""

    invoke: str = ""
    liveness_path: str = ""
    readiness_path: str = ""


def read(path: Path) -> FuncYaml:
    """Read func.yaml; a missing one is an empty one. Unknown fields are ignored, as func does.

    :raises FileInvalid: it is not YAML.
    :raises FieldInvalid: a field is of another kind.
    :raises YamlReaderMissing: PyYAML is not installed.
    """
    if not path.is_file():
        return FuncYaml()
    fields = _Fields(path, _parse(path))
    health = fields.table("deploy").table("healthEndpoints")
    return FuncYaml(fields.text("invoke"), health.text("liveness"), health.text("readiness"))


def _parse(path: Path) -> Mapping[str, object]:
    try:
        import yaml  # noqa: PLC0415 -- only a start on the host needs it, an image does not have it
    except ModuleNotFoundError as error:
        raise YamlReaderMissing(path) from error
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileInvalid(path, _problem(error)) from error
    if not isinstance(document, dict | None):
        raise FieldInvalid(path, "the document", repr(document)[:60], "a mapping of fields")
    return document or {}


def _problem(error: Exception) -> str:
    """Return a parser's words, on one line and with the place if it knows one."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return str(error)
    return f"{getattr(error, 'problem', '')} (at line {mark.line + 1}, column {mark.column + 1})"


class _Fields(NamedTuple):
    """A table of the file; a missing field is an empty one."""

    path: Path
    content: Mapping[str, object]
    prefix: str = ""

    def text(self, name: str) -> str:
        """Return a field's text. :raises FieldInvalid: it is no text."""
        value = self.content.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._invalid(name, value, "text")
        return value

    def table(self, name: str) -> "_Fields":
        """Return a field's table. :raises FieldInvalid: it is no table."""
        value = self.content.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._invalid(name, value, "a mapping")
        return _Fields(self.path, value, f"{self.prefix}{name}.")

    def _invalid(self, name: str, value: object, expected: str) -> FieldInvalid:
        return FieldInvalid(self.path, f"{self.prefix}{name}", repr(value)[:60], expected)
