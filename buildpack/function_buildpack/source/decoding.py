"""Reads a user's TOML and JSON files: UTF-8, with or without a byte order mark.

Editors on Windows write such a mark, and uv accepts it. func.yaml and requirements files have other
rules (func_yaml.py, requirements_files.py).
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from function_buildpack.log.errors.source import FileInvalid


def toml(path: Path) -> Mapping[str, Any]:
    """Read a TOML file. :raises FileInvalid: it is not valid TOML."""
    try:
        return tomllib.loads(_text(path))
    except UnicodeDecodeError as error:
        raise FileInvalid.undecodable(path, "TOML", error) from error
    except ValueError as error:  # also for a number with too many digits
        raise FileInvalid(path, "TOML", str(error)) from error
    except RecursionError as error:
        raise FileInvalid.too_deep(path, "TOML") from error


def json_object(path: Path) -> Mapping[str, Any]:
    """Read a JSON file with an object. :raises FileInvalid: it is not a valid one."""
    try:
        content = json.loads(_text(path))
    except UnicodeDecodeError as error:
        raise FileInvalid.undecodable(path, "JSON", error) from error
    except ValueError as error:
        raise FileInvalid(path, "JSON", str(error)) from error
    except RecursionError as error:
        raise FileInvalid.too_deep(path, "JSON") from error
    if not isinstance(content, dict):
        raise FileInvalid(path, "JSON", "it is not an object")
    return content


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")
