"""Makes foreign text safe for the log: names of files, values, output of child processes.

Such text may move the cursor, hide other text, forge lines of the log, or give commands to the CI
system that runs the build.
"""

import re

# Terminal sequences (ECMA-48): colours and movements; titles, links and others (OSC, DCS, SOS, PM,
# APC) up to their end; and those of two characters.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ`-~]"
)
# Commands of GitHub Actions are at the start of a line, also after blanks, or `##[name]` anywhere.
# Those of Azure Pipelines and TeamCity are `##vso[name]` and `##teamcity[name]`.
_COMMAND = re.compile(r"^(\s*:)(?=:)|(#)(?=#\w*\[)", re.MULTILINE)


def line(text: str) -> str:
    """Return a text as one line, with invisible characters escaped as in Python.

    These are control characters, line ends, marks for the direction of text, and undecodable bytes
    of a file's name.
    """
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def lines(text: str) -> str:
    """Return a program's output with its lines and tabs, but without terminal sequences."""
    plain = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(char if char in "\n\t" else line(char) for char in plain)


def without_commands(text: str) -> str:
    """Return a text without commands to a CI system: a blank breaks their marks."""
    return _COMMAND.sub(r"\1\2 ", text)
