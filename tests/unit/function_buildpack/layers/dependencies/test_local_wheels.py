"""Wheels that came with the function."""

from pathlib import Path

import pytest

from contract.package_index import write_wheel
from function_buildpack.layers.dependencies import local_wheels
from function_buildpack.log.errors.source import SettingInvalid


def test_by_convention(tmp_path: Path) -> None:
    """vendor/ or wheels/, if there are wheels in it."""
    (tmp_path / "vendor").mkdir()
    assert local_wheels.locate(tmp_path, tmp_path, "") is None

    write_wheel(tmp_path / "wheels")

    assert tmp_path / "wheels" == local_wheels.locate(tmp_path, tmp_path, "")
    assert local_wheels.locate(tmp_path, tmp_path, "OFF") is None


def test_by_setting(tmp_path: Path) -> None:
    """A folder next to the function is valid. One outside, or without wheels, is not."""
    function = tmp_path / "app" / "fn"
    function.mkdir(parents=True)
    write_wheel(tmp_path / "app" / "shared")
    write_wheel(tmp_path / "outside")

    found = local_wheels.locate(tmp_path / "app", function, "../shared")

    assert (tmp_path / "app" / "shared").resolve() == found
    for setting in ("../../outside", ".", "missing"):
        with pytest.raises(SettingInvalid) as caught:
            local_wheels.locate(tmp_path / "app", function, setting)
        expected = "a folder of the source with wheels (*.whl), or off"
        assert ("BP_WHEELS", setting, expected) == caught.value.args


def test_digest(tmp_path: Path) -> None:
    """The digest depends only on names and contents of the wheels."""
    assert "" == local_wheels.digest(None)
    write_wheel(tmp_path)
    first = local_wheels.digest(tmp_path)

    assert 32 == len(first)
    (tmp_path / "README").write_text("")
    assert first == local_wheels.digest(tmp_path)
    write_wheel(tmp_path, "2.0")
    assert first != local_wheels.digest(tmp_path)


def test_remove(tmp_path: Path) -> None:
    """Installed wheels need not be in the image; anything else in their folder stays."""
    write_wheel(tmp_path / "a")
    write_wheel(tmp_path / "b")
    (tmp_path / "b" / "data").write_text("")

    local_wheels.remove(tmp_path / "a")
    local_wheels.remove(tmp_path / "b")

    assert ["b", "b/data"] == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")
    )


@pytest.mark.parametrize(
    ("named", "expected"),
    [("wheels", True), ("wheels/a.whl", True), ("wheels2", False), ("", False)],
)
def test_is_named(named: str, *, expected: bool) -> None:
    """A folder is named by its path or by one of its wheels."""
    source = Path("/w")

    assert expected == local_wheels.is_named(source / "wheels", [source / "libs", source / named])
