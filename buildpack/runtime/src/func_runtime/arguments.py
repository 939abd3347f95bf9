"""The command line. Imported only if there are arguments: an image has none."""

import argparse
from collections.abc import Sequence

from func_runtime import names, settings_table
from func_runtime.command import Options


def parse(arguments: Sequence[str]) -> Options:
    """Read the arguments. Ends the process for --help (0) and for what it does not know (2)."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {names.RUNTIME_MODULE}",
        description="Serves the Python function in the current folder.",
        epilog=settings_table.as_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", metavar="N", help="listen on this port; stands for PORT")
    parser.add_argument(
        "--check",
        choices=("import", "new"),
        help="only load the function: import it, or call its new() as well",
    )
    found = parser.parse_args(arguments)
    return Options(port=found.port, check=found.check)
