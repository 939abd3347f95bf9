"""What a command writes to the terminal, and how it fails."""

import sys


class Failure(Exception):
    """A command cannot go on: what happened, what was found, what to do.

    :param title: what happened, without a full stop
    :param details: further lines, or texts of several lines
    """

    def __init__(self, title: str, *details: str) -> None:
        super().__init__(title)
        self.title = title
        self.details = details

    def __str__(self) -> str:
        lines = [line for text in self.details for line in text.splitlines()]
        return "\n".join([self.title, *(f"  {line}" for line in lines)])


class Stopped(BaseException):
    """The command was told to stop, and takes back what it has half done."""


def say(text: str) -> None:
    """Write what the command does now. One write, for several threads do so."""
    sys.stderr.write(f"\033[1m==>\033[0m {text}\n")
    sys.stderr.flush()


def detail(text: str) -> None:
    """Write a line below what was said."""
    sys.stderr.write(f"  {text}\n")


def report(failure: Failure) -> None:
    """Write why the command fails."""
    sys.stderr.write(f"\033[1;31mError:\033[0m {failure}\n")
    sys.stderr.flush()
