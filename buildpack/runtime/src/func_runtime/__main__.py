"""The process: `python -m func_runtime`, or the console script `func-runtime`."""

import sys

from func_runtime.system import signals


def main() -> None:
    """Run the command, and exit with its code (docs/contract.md has a list)."""
    # Before the other imports, which take most of a start: for PID 1 of a container there are no
    # default handlers, so a signal that comes earlier is lost.
    signals.process.install()
    from func_runtime import command  # noqa: PLC0415

    sys.exit(command.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
