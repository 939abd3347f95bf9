"""Settings: BP_* and BPE_* variables."""

import pytest

from function_buildpack.cnb.layer_env import Behaviour, Change
from function_buildpack.log.errors.source import SettingInvalid
from function_buildpack.source.settings import Check, LibraryCheck, Selection, Settings


def test_nothing_set() -> None:
    """Without variables there are defaults: the function is in the folder and is checked."""
    settings = Settings.from_environ({"PATH": "/bin"})

    assert Settings("", Check.NEW, {}, ()) == settings


def test_labels_with_quotes() -> None:
    """BP_IMAGE_LABELS has shell words, as func and Paketo write them."""
    environ = {"BP_IMAGE_LABELS": "a=1 b=\"two words\" c=x=y 'd e'=f g="}

    labels = Settings.from_environ(environ).labels

    assert {"a": "1", "b": "two words", "c": "x=y", "d e": "f", "g": ""} == labels


@pytest.mark.parametrize("value", ["novalue", "=x", 'a="unclosed'])
def test_labels_malformed(value: str) -> None:
    """A label without a key or a value is an error."""
    with pytest.raises(SettingInvalid) as caught:
        Settings.from_environ({"BP_IMAGE_LABELS": value})

    assert ("BP_IMAGE_LABELS", value) == (caught.value.name, caught.value.found)


def test_check_unknown() -> None:
    """BP_FUNCTION_CHECK takes three words, in any case."""
    assert Check.OFF == Settings.from_environ({"BP_FUNCTION_CHECK": "OFF"}).check
    with pytest.raises(SettingInvalid):
        Settings.from_environ({"BP_FUNCTION_CHECK": "maybe"})


def test_library_check() -> None:
    """BP_LIBRARY_CHECK takes two words, in any case."""
    assert LibraryCheck.ERROR is Settings.from_environ({}).library_check
    assert LibraryCheck.NOTE is Settings.from_environ({"BP_LIBRARY_CHECK": "Note"}).library_check
    with pytest.raises(SettingInvalid):
        Settings.from_environ({"BP_LIBRARY_CHECK": "off"})


@pytest.mark.parametrize("value", ["one,Two_x", " one  two-x ", "two.X, one,"])
def test_selection(value: str) -> None:
    """Extras and groups are lists with commas or spaces, their names normalized."""
    wanted = frozenset({"one", "two-x"})
    environ = {"BP_FUNCTION_EXTRAS": value, "BP_FUNCTION_GROUPS": value}

    assert Selection(wanted, wanted) == Settings.from_environ(environ).selection
    assert Selection() == Settings.from_environ({"BP_FUNCTION_EXTRAS": ""}).selection


def test_selection_malformed() -> None:
    """An invalid name is an error, and not passed to uv."""
    with pytest.raises(SettingInvalid) as caught:
        Settings.from_environ({"BP_FUNCTION_GROUPS": "dev --all-groups"})

    assert "BP_FUNCTION_GROUPS" == caught.value.name


def test_launch_env() -> None:
    """BPE_ variables become changes of the launch environment, each in its way."""
    environ = {
        "BPE_A": "1",
        "BPE_OVERRIDE_B": "2",
        "BPE_DEFAULT_LISTEN_ADDRESS": "[::]:8080",
        "BPE_APPEND_C": "3",
        "BPE_DELIM_C": ":",
        "BPE_PREPEND_D": "4",
        "BPE_": "no name",
    }

    changes = Settings.from_environ(environ).launch_env

    assert (
        Change("A", Behaviour.OVERRIDE, "1"),
        Change("C", Behaviour.APPEND, "3", ":"),
        Change("LISTEN_ADDRESS", Behaviour.DEFAULT, "[::]:8080"),
        Change("B", Behaviour.OVERRIDE, "2"),
        Change("D", Behaviour.PREPEND, "4"),
    ) == changes


def test_misspelt() -> None:
    """A misspelt setting is reported. Another buildpack's is not."""
    environ = {"BP_FUNTION_PATH": "a", "BP_FUNCTION_CHECK": "off", "bp_wheels": "w"}
    others = {"BP_JVM_VERSION": "3", "BPE_FUNCTION_PATH": "x", "BP_LIVE_RELOAD_ENABLED": "1"}

    assert {
        "BP_FUNTION_PATH": "BP_FUNCTION_PATH",
        "bp_wheels": "BP_WHEELS",
    } == Settings.from_environ({**environ, **others}).misspelt
