"""The changes of an update of the locks."""

from tools import ROOT, update


def test_pins_of_requirements() -> None:
    """Names and versions, without hashes and markers."""
    text = (
        "# me==1\nuvloop==0.23.0 ; sys_platform != 'win32' \\\n    --hash=sha256:aa\nidna==3.10\n"
    )

    assert {"uvloop": "0.23.0", "idna": "3.10"} == update.pins(text)


def test_pins_of_go_modules() -> None:
    """Required modules, direct or not."""
    text = "go 1.25\n\nrequire a.b/c v0.40.6\nrequire (\n\td.e/f v1.2.3 // indirect\n)\n"

    assert {"a.b/c": "v0.40.6", "d.e/f": "v1.2.3"} == {
        name: f"v{version}" for name, version in update.pins(text).items()
    }


def test_real_locks_have_pins() -> None:
    """The locks of this clone are read."""
    for name in ("tools/python/requirements.txt", "tools/python/uv.txt", "tools/pack/go.mod"):
        assert update.pins((ROOT / name).read_text()), name


def test_changes() -> None:
    """Each changed pin has a line with its name and both versions."""
    before, after = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}

    assert ["b 1 → 2", "c 1 → (gone)", "d (new) → 1"] == update.changes(before, after)
