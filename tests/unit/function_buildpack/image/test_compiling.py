"""The script that compiles for another interpreter."""

import importlib.util
import json
import os
import runpy
import sys
from pathlib import Path

import pytest

from function_buildpack.image import compiling


def test_main(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that compile get bytecode. Others are reported by their index."""
    bad, nul = (tmp_path / name for name in ("b\udcffd.py", "nul.py"))
    bad.write_text("def new(:\n")
    nul.write_bytes(b"x = 1\0")
    deep = tmp_path / "sub" / "deep.py"
    theirs = tmp_path / "theirs.py"
    theirs.write_text("")
    (tmp_path / "__pycache__").symlink_to("/sys/kernel")  # not even root may write there
    elsewhere = tmp_path / "sub" / "good.py"
    elsewhere.parent.mkdir()
    elsewhere.write_text("x = '\\d'\n")  # an odd escape is only a warning
    deep.write_text(f"x = {'-' * 100_000}1")
    listed = tmp_path / "list"
    listed.write_bytes(
        b"".join(os.fsencode(path) + b"\0" for path in (elsewhere, bad, nul, theirs, deep))
    )
    monkeypatch.setattr(sys, "argv", ["", str(listed)])

    runpy.run_path(compiling.__file__, run_name="__main__")

    failures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"1", "2", "3", "4"} == failures.keys()
    assert (1, "def new(:\n") == (failures["1"]["line"], failures["1"]["source"])
    assert failures["2"]["problem"]
    assert {"problem": None} == failures["3"]
    assert "it is nested too deeply" == failures["4"]["problem"]
    cached = Path(importlib.util.cache_from_source(str(elsewhere)))
    assert 0b01 == int.from_bytes(cached.read_bytes()[4:8], "little")  # PEP 552
