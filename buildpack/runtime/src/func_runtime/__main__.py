"""The process: `python -m func_runtime`, or the console script `func-runtime`."""

import sys

from func_runtime import command


def main() -> None:
    """Run the command and leave with its exit code (docs/contract.md has them)."""
    sys.exit(command.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
