"""A func.yaml that takes long to read without limits. Build and runtime each have a reader.

They do not import each other (docs/adr/0005-the-seam-is-text.md), but are given the same files.
"""

import pytest

BOUND = 60.0  # seconds; without bounds the first alone takes longer
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 10)
)


with_each = pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"{BOMB}invoke: *a9\n", "too many values"),
        (MERGES, "too many values"),
        ("invoke: &a [*a]\n", "too many values"),
        (f"invoke: [{'x, ' * 20_000}]\n", "too many values"),
        (f"invoke: {'9' * 5000}\n", "a number or date is too long"),
        (f"invoke: 0x{'f' * 5000}\n", "a number or date is too long"),
        (f"invoke: {'1:' * 5000}1\n", "a number or date is too long"),
        (f"invoke: {'[' * 3000}", "it is nested too deeply"),
        (f"# {'x' * (512 << 10)}", "it is larger than 512 KiB"),
    ],
    ids=[
        "aliases",
        "merges",
        "itself",
        "list",
        "number",
        "hexadecimal",
        "base 60",
        "deep",
        "large",
    ],
)
