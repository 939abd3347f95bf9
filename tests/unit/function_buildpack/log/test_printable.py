"""Text of others in a log."""

import pytest

from function_buildpack.log import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with é and 日本", "plain, with é and 日本"),
        ("a\nb\r\x1b[2J\x08", "a\\nb\\r\\x1b[2J\\x08"),
        ("a\u2028b\u2029c\x85d\x0be\x1cf", "a\\u2028b\\u2029c\\x85d\\x0be\\x1cf"),
        ("user\u202egpj.exe\u2066\ufeff", "user\\u202egpj.exe\\u2066\\ufeff"),
        ("\x9b2J\x9d", "\\x9b2J\\x9d"),
        ("caf\udce9", "caf\\udce9"),
    ],
)
def test_line(text: str, shown: str) -> None:
    """Invisible characters and line ends are escaped."""
    assert shown == printable.line(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\n\tb\n", "a\n\tb\n"),
        ("\x1b[1;31merror\x1b[0m: \x1b[38;2;1;2;3mx\x1b[m", "error: x"),
        ("\x1b[2J\x1b[1;1H\x1b[?25lx\x1b7\x1bM\x1b(B", "x"),
        ("\x1b]0;title\x07\x1b]8;;https://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\\x9d0;t\x9c\x9b31mx", "x"),
        ("\x1b]0;never ends\nERROR: x", "\\x1b]0;never ends\nERROR: x"),
        ("10 %\r20 %\x08", "10 %\\r20 %\\x08"),
        ("a\u2028b\u202ec", "a\\u2028b\\u202ec"),
    ],
)
def test_lines(text: str, shown: str) -> None:
    """Lines and tabs stay. Terminal sequences are removed, and incomplete ones escaped."""
    assert shown == printable.lines(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n  ::set-output name=x::y", "a\n  : :set-output name=x::y"),
        (
            "x ##[error]y ##vso[task.x]y ##teamcity[z]",
            "x # #[error]y # #vso[task.x]y # #teamcity[z]",
        ),
        ("a::b ## c [d] 1::2", "a::b ## c [d] 1::2"),
    ],
)
def test_without_commands(text: str, shown: str) -> None:
    """No line is a command to the system that runs the build; all other text stays."""
    assert shown == printable.without_commands(text)
