"""Entry point of both phases: `python3 -I -B <this folder> detect|build`."""

import gc
import importlib
import os
import sys
from pathlib import Path


def stop(title: str, found: str) -> None:
    """Exit with a message, without any other module of the buildpack."""
    sys.exit(
        "\nERROR: " + title + "\n\nFound:    " + found + "\n\n"
        "The buildpack runs on the build image's python3, 3.11 or newer. Use this buildpack's\n"
        "builder, or a build image with such a Python."
    )


# Checked before other imports, because older versions cannot parse these modules.
if sys.version_info < (3, 11):
    stop("The build image's Python is too old", "Python " + sys.version.split()[0])


def install_build_tools() -> None:
    """Install the build tools that the build image lacks."""
    if not importlib.import_module("function_buildpack.phases.missing_tools").lacking(os.environ):
        return
    build_tools = importlib.import_module("function_buildpack.phases.build_tools")
    layer = build_tools.build(dict(os.environ), Path.cwd(), Path(__file__).parent / "bootstrap")
    sys.path.append(str(layer))
    # After the build image's own programs.
    os.environ["PATH"] += f":{layer / 'bin'}"


importlib.import_module("function_buildpack.prepared").use_bytecode(Path(__file__).parent)

if sys.argv[1] == "build":  # detect does not need them, and must take only milliseconds
    install_build_tools()

# A phase exits before it has memory to free. The collector takes 10 % of its start and end.
gc.disable()
phase = importlib.import_module("function_buildpack.phases." + sys.argv[1])
status = phase.main()
gc.freeze()
sys.exit(status)
