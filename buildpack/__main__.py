"""Entry point of both phases: `python3 -I -B <this folder> detect|build`."""

import importlib
import sys

# Checked before any import of ours, which older versions could not even parse.
if sys.version_info < (3, 11):
    sys.exit(
        "\nERROR: The build image's Python is too old\n\n"
        "The buildpack needs python3 3.11 or newer; found: " + sys.version.split()[0] + "\n"
        "Use the builder that belongs to this buildpack."
    )

# One phase only: detect has to answer in milliseconds, and build imports far more.
phase = importlib.import_module(f"function_buildpack.{sys.argv[1]}")
sys.exit(phase.main())
