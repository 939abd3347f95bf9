"""Log lines about the function's own project that no build of a test can cause."""

from pathlib import Path

import pytest

from function_buildpack.layers.own_project import own_project_step
from function_buildpack.layers.own_project.own_project_layer import SourceChanges
from function_buildpack.log.errors.indexes import IndexUnreachable
from function_buildpack.log.errors.tools import DiskFull

APP = Path("/workspace")

# As uv 0.13 says it, shortened.
FAILED = """\
Using CPython 3.13.5 interpreter at: /usr/bin/python3.13
error: Failed to build `mine @ file:///workspace`
  cause: The build backend returned an error
  cause: Call to `hatchling.build.build_wheel` failed (exit status: 1)

         [stdout]
         said before

         [stderr]
"""
TRACED = """\
         Traceback (most recent call last):
           File "x.py", line 1, in <module>
             first()
         KeyError: 'first'

         During handling of the above exception, another exception occurred:

         Traceback (most recent call last):
           File "x.py", line 1, in <module>
             second()
         ValueError: Unable to determine which files to ship

         At least one option must be defined

hint: Build failures usually indicate a problem with the package or the build environment
"""
COMPILED = """\
         function/fast.c:1:10: fatal error: nothere.h: No such file or directory
         error: command '/usr/bin/gcc' failed with exit code 1

hint: Build failures usually indicate a problem with the package or the build environment
"""
UNRESOLVED = """\
Resolved 1 package in 1ms
error: Failed to build `mine @ file:///workspace`
  cause: Failed to resolve requirements from `build-system.requires`
  cause: Because hatchling was not found in the package registry, …
"""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            FAILED + TRACED,
            [
                "ValueError: Unable to determine which files to ship",
                "",
                "At least one option must be defined",
            ],
        ),
        (
            FAILED + COMPILED,
            [
                "function/fast.c:1:10: fatal error: nothere.h: No such file or directory",
                "error: command '/usr/bin/gcc' failed with exit code 1",
            ],
        ),
        (UNRESOLVED, UNRESOLVED.splitlines()[1:]),
        (
            FAILED + "\n".join(f"         line {number}" for number in range(20)),
            [f"line {number}" for number in range(8, 20)],
        ),
    ],
    ids=["exception", "compiler", "resolver", "long"],
)
def test_tell_failure(said: str, shown: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The error is shown without its traceback, with what the image lacks."""
    own_project_step.log_failure(said, was_there=True)

    *lines, note = capsys.readouterr().out.splitlines()
    assert shown == [line.strip().removeprefix("\033[2m").removesuffix("\033[0m") for line in lines]
    assert "The project cannot be installed as a package. The image has its source" in note


UNREACHABLE = "error: Request failed\n  cause: error sending request for url\n"


def test_tell_failure_of_index(capsys: pytest.CaptureFixture[str]) -> None:
    """A failing index is an error only if the earlier image has the project."""
    with pytest.raises(IndexUnreachable):
        own_project_step.log_failure(UNREACHABLE, was_there=True)

    own_project_step.log_failure(UNREACHABLE, was_there=False)
    assert "cause: error sending request for url" in capsys.readouterr().out


def test_tell_failure_of_disk() -> None:
    """A full disk is an error."""
    with pytest.raises(DiskFull):
        own_project_step.log_failure("OSError: [Errno 28] No space left on device", was_there=False)


def test_tell_laid(capsys: pytest.CaptureFixture[str]) -> None:
    """The log names files that the project's build has created or changed."""
    own_project_step.log_source_changes(
        SourceChanges([APP / "a"], [APP / "b"], [APP / "c", APP / "d"]), APP
    )

    added, replaced, note = capsys.readouterr().out.splitlines()
    assert "Added to the source by the project's build: a" == added
    assert "Replaced in the source by the project's build: b" == replaced
    assert "created c, d, which could not be written, because another user owns" in note
