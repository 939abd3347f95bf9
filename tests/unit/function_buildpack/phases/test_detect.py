"""Detection: passes for Python functions, declines others with a reason."""

from pathlib import Path

import pytest

from function_buildpack.cnb.context import DetectContext
from function_buildpack.cnb.phases import Detected, NotDetected
from function_buildpack.phases.detect import detect


@pytest.mark.parametrize(
    ("files", "passes"),
    [
        ({"func.yaml": "runtime: python", "function/__init__.py": ""}, True),
        ({"func.yaml": "runtime: Python"}, True),  # build says what is missing
        ({"func.yaml": "runtime: go", "function/__init__.py": ""}, False),
        ({"func.yaml": "runtime: node"}, False),
        ({"func.yaml": "name: a\r\nruntime: 'python' # ours\r\n"}, True),
        ({"func.yaml": '{"runtime": "go"}', "function.py": ""}, False),
        ({"func.yaml": "name: x", "function/__init__.py": ""}, True),
        ({"func.yaml": "name: x"}, False),
        ({"func.yaml": "a: [", "pyproject.toml": ""}, True),  # build says what is wrong
        ({"func.yaml": "a: [", "requirements.txt": ""}, True),
        ({"func.yaml": "a: [", "function.py": ""}, True),
        ({"func.yaml": "a: [", "package.json": ""}, False),
        ({"function/__init__.py": ""}, True),
        ({"function.py": ""}, True),
        ({"pyproject.toml": "", "app.py": ""}, False),  # some other Python application
        ({"fn/function/func.py": "", "service/main.py": "import func_python"}, True),
        ({}, False),
    ],
)
def test_detect(tmp_path: Path, files: dict[str, str], passes: bool) -> None:
    """func.yaml's runtime decides; without one the package does."""
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    answer = detect(DetectContext(tmp_path, {}))

    assert passes is isinstance(answer, Detected)


def test_detect_reason(tmp_path: Path) -> None:
    """The reason describes the files that were found."""
    (tmp_path / "func.yaml").write_text("runtime: go")

    answer = detect(DetectContext(tmp_path, {}))

    assert isinstance(answer, NotDetected)
    assert "runtime: go" in answer.reason


def test_detect_function_path(tmp_path: Path) -> None:
    """BP_FUNCTION_PATH leads detection too."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "function.py").write_text("")

    assert Detected() == detect(DetectContext(tmp_path, {"BP_FUNCTION_PATH": "a"}))
