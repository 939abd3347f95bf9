"""The commands on pages, and their comments on whether a test runs them.

A test may run a command with other names, for example of images and folders. A comment right before
a block of commands (```bash) names the tests that run it, or has the reason why none does:

    <!-- run by: tests/platform/test_pages.py -->
    <!-- not run: needs a cluster -->

With `all` (`all run by`, `all not run`), a comment applies to all blocks of the page without one.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_BLOCK = re.compile(
    r"^(?P<marker><!-- (?:not run|run by): .*? -->\n)?```(?:bash|sh|shell|console)\n"
    r"(?P<commands>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_OF_ALL = re.compile(r"^<!-- all (?P<rule>(?:not run|run by): .*?) -->$", re.MULTILINE)
# Pages that func copies into a function, where such a comment would be visible.
_TEMPLATES = "templates/python/"
_OF_TEMPLATES = "run by: tests/platform/test_templates.py"
_RUN_BY, _NOT_RUN = "run by: ", "not run: "


@dataclass(frozen=True)
class Block:
    """A block of commands, with the tests that run it, or the reason why none does."""

    page: str
    commands: str
    tests: tuple[str, ...] = ()
    reason: str = ""


def blocks(page: str, root: Path = ROOT) -> list[Block]:
    """Return the blocks of commands of a page, in its order."""
    text = (root / page).read_text(encoding="utf-8")
    of_all = _OF_ALL.search(text)
    rule = of_all["rule"] if of_all else ""
    if page.startswith(_TEMPLATES):
        rule = _OF_TEMPLATES
    return [
        _block(page, found["commands"], (found["marker"] or "").strip("<!- >\n") or rule)
        for found in _BLOCK.finditer(text)
    ]


def _block(page: str, commands: str, rule: str) -> Block:
    if rule.startswith(_RUN_BY):
        tests = tuple(name.strip() for name in rule.removeprefix(_RUN_BY).split(","))
        return Block(page, commands, tests)
    return Block(page, commands, reason=rule.removeprefix(_NOT_RUN))
