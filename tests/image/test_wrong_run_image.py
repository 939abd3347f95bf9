"""A function on another run image than its own: an error, or a message in the first line."""

import subprocess

import pytest

from image import prerequisites, run_images
from image.container import serving, started
from image.pack import Image, Pack

# Python's own files, and those of another version in their place.
PYTHON = ("usr/bin/python", "usr/bin/python3", "usr/bin/python3.13")
WITHOUT_PYTHON = dict.fromkeys(PYTHON)
OTHER_PYTHON = {"usr/bin/python3.13": "usr/bin/python3.14"}

LAUNCH_FAILED = 2  # of dumb-init


def rebase(pack: Pack, image: Image, run_image: str, *options: str) -> tuple[int, str]:
    """Rebase an image on another run image. Return the exit code and pack's output."""
    done = subprocess.run(
        [
            *(pack.program, "rebase", image.name, "--run-image", run_image),
            *("--pull-policy", "never", *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("files", [WITHOUT_PYTHON, OTHER_PYTHON], ids=["no Python", "another"])
def test_wrong_python(pack: Pack, files: dict[str, str | None]) -> None:
    """pack refuses a run image of another name. With --force, a start names the missing Python."""
    built = pack.build(prerequisites.FUNCTIONS / "http_basic")
    with run_images.changed(pack, files) as other:
        status, said = rebase(pack, built.image, other)

        assert status != 0
        assert f"'{other}' not found in existing run image metadata" in said
        with serving(built.image) as container:
            assert container.get().is_success

        assert rebase(pack, built.image, other, "--force")[0] == 0
        with started(built.image) as container:
            assert container.wait() == LAUNCH_FAILED
            (line,) = container.log.splitlines()

    assert line.startswith("[dumb-init] ")
    assert line.endswith("/venv/bin/python3.13: No such file or directory")
