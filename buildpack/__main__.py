"""Entry point of both phases: `python3 -I -B <this folder> detect|build`."""

import gc
import importlib
import os
import sys
from pathlib import Path


def stop(title: str, found: str) -> None:
    """End with a message that needs nothing of what may be missing."""
    sys.exit(
        "\nERROR: " + title + "\n\nFound:    " + found + "\n\n"
        "The buildpack runs on the build image's python3, 3.11 or newer. Use the builder that\n"
        "belongs to this buildpack, or a build image with such a Python."
    )


# Checked before any import of ours, which older versions could not even parse.
if sys.version_info < (3, 11):
    stop("The build image's Python is too old", "Python " + sys.version.split()[0])


def bring_tools() -> None:
    """Bring what a build image that is not ours lacks."""
    if not importlib.import_module("function_buildpack.phases.missing_tools").lacking(os.environ):
        return
    build_tools = importlib.import_module("function_buildpack.phases.build_tools")
    layer = build_tools.build(dict(os.environ), Path.cwd(), Path(__file__).parent / "bootstrap")
    sys.path.append(str(layer))
    # Behind the build image's own programs.
    os.environ["PATH"] += f":{layer / 'bin'}"


if sys.argv[1] == "build":  # detect has to answer in milliseconds, and needs none of it
    bring_tools()

# A phase ends before it has anything to free. Looking for that takes a tenth of its start and end.
gc.disable()
phase = importlib.import_module("function_buildpack.phases." + sys.argv[1])
status = phase.main()
gc.freeze()
sys.exit(status)
