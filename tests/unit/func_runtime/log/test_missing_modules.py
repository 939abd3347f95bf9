"""The package of a missing module in a failed start."""

import pytest

from func_runtime.log import missing_modules


def error(name: str) -> ModuleNotFoundError:
    """Return what an import of a missing module raises."""
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "cgi",
            ("Python 3.13 removed", "Add the package legacy-cgi,", "BP_PYTHON_VERSION=3.12"),
        ),
        (
            "asyncore",
            ("Python 3.12 removed", "Add the package standard-asyncore,", "BP_PYTHON_VERSION=3.11"),
        ),
        ("distutils.core", ("removed the module distutils", "Add the package setuptools,")),
        ("lib2to3", ("No package has a module of this name", "BP_PYTHON_VERSION=3.12")),
        ("pkg_resources", ('"setuptools<82"',)),
        ("yaml", ("The module yaml is in the package PyYAML",)),
        ("google.protobuf", ("is in the package protobuf",)),
        ("cloudevents.http", ("belongs to version 1", 'Add "cloudevents<2"')),
        ("cloudevents.sdk.event", ('Add "cloudevents<2"',)),
    ],
)
def test_advice(name: str, said: tuple[str, ...]) -> None:
    """The message names the package of a module that Python removed, or that has another name."""
    advice = missing_modules.advice(error(name))

    assert advice.startswith(f"Missing:  {name}\n\n")
    assert [] == [words for words in said if words not in advice]


@pytest.mark.parametrize(
    "name", ["idna", "google", "function.part", "cloudevents", "cloudevents.core"]
)
def test_no_advice(name: str) -> None:
    """For other modules there is only the message of Python."""
    assert "" == missing_modules.advice(error(name))


def test_other_errors() -> None:
    """Other exceptions have no advice, also with a loop of causes."""
    looped = ValueError("a")
    looped.__cause__ = KeyError("b")
    looped.__cause__.__cause__ = looped

    assert "" == missing_modules.advice(looped)
    assert "" == missing_modules.advice(ModuleNotFoundError("without a name"))
    assert "" == missing_modules.advice(None)


def test_behind_another() -> None:
    """Of several missing modules, the last one counts, also if it caused another exception."""
    led = RuntimeError("cannot")
    led.__cause__ = error("cgi")
    led.__cause__.__context__ = error("yaml")

    assert missing_modules.advice(led).startswith("Missing:  cgi\n")
