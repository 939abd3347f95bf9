"""bin/build with large packages: its memory does not grow with them."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from contract.phases import ROOT, Workspace

# More than the whole build may take.
_MEGABYTES = 300
_MEMORY = 150


def write_wheel(folder: Path) -> None:
    """Write a wheel with a file of zeros, which is large only after the installation."""
    folder.mkdir(parents=True)
    contents = {
        "large/__init__.py": b"",
        "large-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: large\nVersion: 1.0\n",
        "large-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        "large-1.0.dist-info/RECORD": b"large/model.bin,,\n",
    }
    with zipfile.ZipFile(folder / "large-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        with wheel.open("large/model.bin", "w") as model:
            for _ in range(_MEGABYTES):
                model.write(bytes(1 << 20))
        for name, content in contents.items():
            wheel.writestr(name, content)


# A process counts what its parent had when it was started: a test's own memory must not be there.
_MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
"""


def build(workspace: Workspace) -> tuple[int, str, int]:
    """Build; return the exit code, the log, and the megabytes of its largest process."""
    root = ROOT / "buildpack"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, root / "bin" / "build"],
        cwd=workspace.app,
        env=workspace.variables(root, {}),
        capture_output=True,
        text=True,
        check=True,
    )
    status, megabytes = ended.stderr.splitlines()[-1].split()
    return int(status), ended.stdout + ended.stderr, int(megabytes)


def test_memory(tmp_path: Path) -> None:
    """A package larger than the build's memory is installed, packed, and reused."""
    function = {
        "function.py": "import large\ndef handle(*request): ...\n",
        "requirements.txt": "large\n",
    }
    workspace = Workspace.create(tmp_path, function)
    write_wheel(tmp_path / "wheels")
    shutil.copytree(tmp_path / "wheels", workspace.app / "vendor")

    status, log, megabytes = build(workspace)

    assert 0 == status, log
    (model,) = (workspace.layers / "dependencies").rglob("model.bin")
    assert _MEGABYTES << 20 == model.stat().st_size
    assert 10 < megabytes < _MEMORY

    # As a lifecycle restores it: what is launched is in the image alone.
    shutil.rmtree(workspace.layers / "dependencies")
    shutil.copytree(tmp_path / "wheels", workspace.app / "vendor")

    status, log, megabytes = build(workspace)

    assert 0 == status, log
    assert "Reusing the dependencies layer" in log
    assert 10 < megabytes < _MEMORY
