"""The command line. Imported only if there are arguments, which an image has not."""

import argparse
from collections.abc import Sequence

from func_runtime import constants
from func_runtime.settings import table
from func_runtime.settings.settings import Options


def parse(arguments: Sequence[str]) -> Options:
    """Parse the arguments. Exits for --help (0) and for unknown arguments (2)."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {constants.RUNTIME_MODULE}",
        description="Serves the Python function in the current folder.",
        epilog=table.as_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", metavar="N", help="listen on this port; replaces PORT")
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--check",
        choices=("import", "new"),
        help="only load the function: import it, or call new() too",
    )
    only.add_argument(
        "--reload",
        action="store_true",
        help="for development: restart when a source file changes; requires watchfiles",
    )
    found = parser.parse_args(arguments)
    return Options(port=found.port, check=found.check, reload=found.reload)
