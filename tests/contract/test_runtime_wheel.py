"""The wheel of func-runtime, as `pip install func-runtime` would install it on a host."""

import subprocess
import tomllib
from pathlib import Path

from contract.phases import ROOT

RUNTIME = ROOT / "buildpack" / "runtime"


def test_wheel_installs_and_answers(tmp_path: Path) -> None:
    """The locked tools build the wheel. In a new environment, its command shows the settings."""
    wheels, environment = tmp_path / "wheels", tmp_path / "environment"
    run("uv", "venv", "--quiet", environment)
    python = environment / "bin" / "python"

    run(ROOT / "tools" / "python" / "wheel.sh", wheels)
    (wheel,) = wheels.iterdir()
    run("uv", "pip", "install", "--quiet", "--python", python, wheel)

    project = tomllib.loads((RUNTIME / "pyproject.toml").read_text())["project"]
    assert f"func_runtime-{project['version']}-py3-none-any.whl" == wheel.name
    for command in ([python, "-I", "-m", "func_runtime"], [environment / "bin" / "func-runtime"]):
        assert "PORT" in run(*command, "--help")
    assert f"{project['version']}\n" == run(
        *(python, "-I", "-c"),
        "from importlib.metadata import version; print(version('func-runtime'))",
    )


def run(*command: str | Path) -> str:
    """Run a command, check that it succeeds, and return its output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
