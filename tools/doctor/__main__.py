"""`make doctor`: exits with 1 if `make image` would fail here."""

from __future__ import annotations

import sys

from tools.doctor import facts, findings

_COLOURS = {findings.OK: "32", findings.NOTE: "33", findings.PROBLEM: "1;31"}


def render(found: list[findings.Finding], colour: bool) -> str:
    """Return the report: a line for each finding, what to do below it, and a summary."""
    lines = []
    for finding in found:
        level = f"{finding.level:8}"
        shown = f"\033[{_COLOURS[finding.level]}m{level}\033[0m" if colour else level
        lines.append(f"{shown}{finding.title}")
        if finding.do:
            lines.append(f"{'':8}{finding.do}")
    problems = sum(finding.level == findings.PROBLEM for finding in found)
    summary = (
        "Ready for `make image`."
        if not problems
        else f"`make image` would fail. Problems to fix: {problems}"
    )
    return "\n".join([*lines, "", summary])


def main() -> int:
    """Report on this machine, and return the exit code."""
    found = findings.findings(facts.collect())
    print(render(found, colour=facts.has_colours(sys.stdout)))
    return int(any(finding.level == findings.PROBLEM for finding in found))


if __name__ == "__main__":
    sys.exit(main())
