"""Reads func.yaml, leniently: only the fields that decide something here, each of them optional.

`func` itself ignores fields that it does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from function_buildpack.errors import FieldInvalid, FileInvalid


@dataclass(frozen=True)
class FuncYaml:
    """The fields of func.yaml that decide something here. All are optional."""

    name: str = ""
    runtime: str = ""
    invoke: str = ""
    liveness_path: str = ""
    readiness_path: str = ""


def read(path: Path) -> FuncYaml:
    """Read func.yaml; a missing one is an empty one.

    :raises FileInvalid: not YAML. :raises FieldInvalid: a field of another kind.
    """
    if not path.is_file():
        return FuncYaml()
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except yaml.MarkedYAMLError as error:
        raise FileInvalid(path, "YAML", _yaml_problem(error)) from error
    except UnicodeDecodeError as error:
        raise FileInvalid.undecodable(path, "YAML", error) from error
    except RecursionError as error:
        raise FileInvalid.too_deep(path, "YAML") from error
    except (yaml.YAMLError, *_UNMARKED) as error:
        raise FileInvalid(path, "YAML", str(error)) from error
    if not isinstance(table, dict | None):
        raise FieldInvalid(path, "the document", repr(table)[:60], "a mapping of fields")
    fields = Fields(path, table or {})
    health = fields.table("deploy").table("healthEndpoints")
    return FuncYaml(
        name=fields.text("name"),
        runtime=fields.text("runtime"),
        invoke=fields.text("invoke"),
        liveness_path=health.text("liveness"),
        readiness_path=health.text("readiness"),
    )


# PyYAML makes dates and numbers with Python's own functions, and lets their errors through.
_UNMARKED = (AttributeError, LookupError, ValueError)


@dataclass(frozen=True)
class Fields:
    """A table of a file, read field by field; a missing field is an empty one."""

    path: Path
    content: Mapping[str, Any]
    prefix: str = ""

    def text(self, name: str) -> str:
        """Return a field's text. :raises FieldInvalid: it is no text."""
        return self._get(name, str, "text") or ""

    def table(self, name: str) -> "Fields":
        """Return a field's table. :raises FieldInvalid: it is no table."""
        content = self._get(name, dict, "a mapping") or {}
        return Fields(self.path, content, f"{self.prefix}{name}.")

    def _get(self, name: str, kind: type, expected: str) -> Any:  # noqa: ANN401 -- parsed data
        value = self.content.get(name)
        if value is not None and not isinstance(value, kind):
            raise FieldInvalid(self.path, f"{self.prefix}{name}", repr(value)[:60], expected)
        return value


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f" (at line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{error.problem or error.context}{where}"
