"""Code of a function in a build, confined by the kernel, and permissions in the image."""

import shutil
from pathlib import Path

import pytest

from image import prerequisites
from image.pack import Pack

# What a function tries when it is loaded; each attempt prints what came of it.
ATTEMPTS = """
import glob, os, pathlib

def attempt(name, work):
    try:
        print(name, "=>", work())
    except OSError as error:
        print(name, "=>", error.strerror)

(layers,) = glob.glob("/layers/knative-python_*")
attempt("layer", lambda: open(layers + "/evil.toml", "w"))
attempt("another buildpack", lambda: os.mkdir("/layers/other"))
attempt("setting", lambda: pathlib.Path("/platform/env/BP_SECRET").read_text())
attempt("process", lambda: pathlib.Path(f"/proc/{os.getppid()}/environ").read_text())
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("source", lambda: open("app.log", "w").write("abc"))
attempt("temporary", lambda: open("/tmp/mine", "w").write("abc"))
raise ValueError("that was all")
"""
# Prints what of these folders a process may change.
SEARCH = """
import os
for top in ("/workspace", "/layers", "/cnb"):
    for folder, _, files in os.walk(top):
        for path in (folder, *(f"{folder}/{name}" for name in files)):
            if os.access(path, os.W_OK) and not os.path.islink(path):
                print("can be changed:", path)
for path in ("/workspace/new", "/layers/new"):
    try:
        open(path, "w")
        print("was made:", path)
    except OSError:
        pass
print("that was all")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the small HTTP function, to be changed."""
    return shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "function")


def test_confined(pack: Pack, project: Path) -> None:
    """A loaded function cannot change layers or read settings of the platform."""
    (project / "function" / "__init__.py").write_text(ATTEMPTS)

    log = pack.attempt(project, env={"BP_SECRET": "planted"}).log

    found = dict(line.strip().split(" => ") for line in log.splitlines() if " => " in line)
    denied = "Permission denied"
    assert {
        "layer": denied,
        "another buildpack": denied,
        "setting": denied,
        "process": denied,
        "signal": "Operation not permitted",
        "source": "3",
        "temporary": "3",
    } == found
    assert "planted" not in log


def test_same_digest(pack: Pack, project: Path) -> None:
    """A function that writes files when it is loaded gives the same image each time."""
    with (project / "function" / "__init__.py").open("a") as source:
        source.write(
            "\nimport time\nopen('app.log', 'a').write(str(time.time()))\n"
            "open('/workspace/other.log', 'a').write(str(time.time()))\n"
        )

    builds = [pack.build(project), pack.build(project)]

    assert builds[0].image.digest == builds[1].image.digest


@pytest.mark.parametrize("user", ["1002:1000", "1234567:0"])
def test_read_only_for_its_user(pack: Pack, project: Path, user: str) -> None:
    """The image's user, and any other user with OpenShift's group, cannot change files in it."""
    project.chmod(0o777)
    (project / "data").mkdir(mode=0o777)
    (project / "data" / "shared.txt").touch()
    (project / "data" / "shared.txt").chmod(0o666)
    image = pack.build(project).image

    said = pack.client.client.containers.run(
        image.name, entrypoint=["python3", "-c", SEARCH], user=user, remove=True
    )

    assert ["that was all"] == said.decode().splitlines()[:5]
