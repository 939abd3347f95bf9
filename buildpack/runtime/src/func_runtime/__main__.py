"""The process: `python -m func_runtime`, or the console script `func-runtime`."""

import sys

from func_runtime.system import signals


def main() -> None:
    """Run the command and leave with its exit code (docs/contract.md has them)."""
    # Before the imports, which take most of a start: PID 1 of a container has no default handlers,
    # so the kernel drops a signal that comes earlier.
    signals.process.install()
    from func_runtime import command  # noqa: PLC0415

    sys.exit(command.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
