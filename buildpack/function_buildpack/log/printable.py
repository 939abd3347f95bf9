"""Makes text of others fit for a log: names of files, values, what child processes say.

Such text may move the cursor, hide what follows, begin lines that look like ours, or give commands
to the system that runs the build.
"""

import re

# Sequences for terminals (ECMA-48): colours and movements; titles, links and the like (OSC, DCS,
# SOS, PM, APC) up to their end; and those of two characters.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ`-~]"
)
# Commands of GitHub Actions begin a line, after blanks too, or are `##[name]` anywhere in it; those
# of Azure Pipelines and TeamCity are `##vso[name]` and `##teamcity[name]`.
_COMMAND = re.compile(r"^(\s*:)(?=:)|(#)(?=#\w*\[)", re.MULTILINE)


def line(text: str) -> str:
    """Return a text as one line, with characters that cannot be seen escaped as Python does.

    Those are control characters, line ends, what changes the direction of text, and bytes of a
    file's name that are no text.
    """
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def lines(text: str) -> str:
    """Return what a program says, with its lines and tabs, and without sequences for terminals."""
    plain = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(char if char in "\n\t" else line(char) for char in plain)


def without_commands(text: str) -> str:
    """Return a text in which no line is a command to a CI system: a blank is in its mark."""
    return _COMMAND.sub(r"\1\2 ", text)
