"""Entry point of both phases: `python3 -I -B <this folder> detect|build`."""

import importlib
import sys


def stop(title: str, found: str) -> None:
    """End with a message that needs nothing of what may be missing."""
    sys.exit(
        "\nERROR: " + title + "\n\nFound:    " + found + "\n\n"
        "The buildpack runs on the build image's python3, 3.11 or newer, with the Debian\n"
        "packages python3-yaml, python3-packaging and python3-tomli-w. Use the builder that\n"
        "belongs to this buildpack, or add them to your build image."
    )


# Checked before any import of ours, which older versions could not even parse.
if sys.version_info < (3, 11):
    stop("The build image's Python is too old", "Python " + sys.version.split()[0])

try:
    # One phase only: detect has to answer in milliseconds, and build imports far more.
    phase = importlib.import_module("function_buildpack." + sys.argv[1])
except ModuleNotFoundError as error:
    stop("The build image lacks a Python package that the build needs", str(error))

sys.exit(phase.main())
