"""The CPythons that uv can install."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.system.process import Result
from function_buildpack.uv import pythons
from function_buildpack.uv.pythons import Download
from function_buildpack.uv.source_builds import Package
from unit.function_buildpack.uv.test_client import RecordedRunner, uv


def test_pythons(tmp_path: Path) -> None:
    """Only default builds of CPython are listed. Warnings before the list are ignored."""
    parts = '"path":null,"url":"https://user:secret@mirror.example/1/'
    listed = (
        f'[{{"key":"a","version":"3.14.6",{parts}a%2B1.tar.gz?key=secret","variant":"default",'
        f'"implementation":"cpython"}},{{"key":"b","version":"3.14.6",{parts}b.tar.gz",'
        f'"variant":"freethreaded","implementation":"cpython"}},{{"key":"c","version":"3.11.15",'
        f'{parts}c.tar.gz","variant":"default","implementation":"pypy"}}]\n'
    )
    runner = RecordedRunner(Result(0, f"warning: [tool.uv] is odd\n{listed}"))

    assert [Download("a", "3.14.6", "a+1.tar.gz")] == pythons.available(uv(runner), tmp_path)
    assert "UV_PYTHON_DOWNLOADS" not in runner.environs[0]


@pytest.mark.parametrize("said", ["", "[]\n"])
def test_pythons_none(tmp_path: Path, said: str) -> None:
    """A platform may forbid downloads."""
    runner = RecordedRunner(Result(0, said))
    environ = {"UV_PYTHON_DOWNLOADS": "never"}

    assert [] == pythons.available(uv(runner, environ), tmp_path)
    assert "never" == runner.environs[0]["UV_PYTHON_DOWNLOADS"]


def test_wheels_of(tmp_path: Path) -> None:
    """The wheels of a package are queried with the first Python that it supports."""
    wheels = '{ url = "https://x/a%2Bb-1-py3-none-any.whl", size = 1 }, { name = "c.whl" }'

    @dataclass
    class FromSecond(RecordedRunner):
        def __call__(self, command: Sequence[str | Path], **others: Any) -> Result:
            super().__call__(command, **others)
            return Result(0, f"wheels = [{wheels}]") if "3.12" in command else Result(1, "error")

    runner = FromSecond()
    package = Package("a", "1+b")

    asked = pythons.wheels_of(uv(runner), package, tmp_path, ("3.11", "3.12", "3.13"))

    assert (["a%2Bb-1-py3-none-any.whl", "c.whl"], 2) == (asked, len(runner.commands))
    assert [] == pythons.wheels_of(uv(RecordedRunner(Result(1, ""))), package, tmp_path, ("3.11",))
