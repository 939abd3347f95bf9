"""What `python -X importtime` prints."""

from bench.runtime import imports
from bench.runtime.imports import Imports

LOG = """\
import time: self [us] | cumulative | imported package
import time:       250 |        250 |   _io
import time:      1000 |       1250 | io
a line of the server's own | 7 |
"""


def test_modules_and_time() -> None:
    """Only a module's own time counts, so that no time counts twice."""
    assert Imports(2, 0.00125) == imports.parse(LOG)


def test_other_lines() -> None:
    """Other lines are ignored."""
    assert Imports(0, 0.0) == imports.parse("INFO: import time is money\n")
