"""Names that the build side and the run side share. Each side has its own copy."""

import re

import pytest

import func_runtime.constants as run_side
import function_buildpack.constants as build_side
from contract.phases import ROOT

SHARED = (
    *("PACKAGE", "FUNC_YAML", "RUNTIME_MODULE"),
    *("FUNC_INVOKE", "FUNC_LIVENESS_PATH", "FUNC_READINESS_PATH"),
    *("INVOKE_HTTP", "INVOKE_CLOUDEVENT", "LOADED", "MISSING"),
    "SDK_1_MODULES",
)
BUILD_SETTINGS = (
    build_side.FUNCTION_PATH,
    build_side.FUNCTION_CHECK,
    build_side.FUNCTION_EXTRAS,
    build_side.FUNCTION_GROUPS,
    build_side.FUNCTION_REFRESH,
    build_side.IMAGE_LABELS,
    build_side.PYTHON_VERSION,
    build_side.WHEELS,
    build_side.LIBRARY_CHECK,
    build_side.LOG_LEVEL,
)


@pytest.mark.parametrize("name", SHARED)
def test_names_agree(name: str) -> None:
    """A name that both sides use is the same on both."""
    assert getattr(build_side, name) == getattr(run_side, name)


def test_build_settings_are_documented() -> None:
    """docs/contract.md has a row for each setting of a build, and no row for any other."""
    text = (ROOT / "docs" / "contract.md").read_text()

    documented = re.findall(r"^\| `(BP_[A-Z_]+)`", text, re.MULTILINE)

    assert sorted(BUILD_SETTINGS) == sorted(documented)


def test_every_build_setting_is_listed_here() -> None:
    """No BP_ name of the build side is left out above."""
    named = {value for value in vars(build_side).values() if str(value).startswith("BP_")}

    assert set(BUILD_SETTINGS) == named
