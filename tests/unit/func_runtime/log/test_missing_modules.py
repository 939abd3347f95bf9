"""What has a module that a failed start lacks."""

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
            ("since version 3.13", "Add legacy-cgi, which has it, to", "BP_PYTHON_VERSION=3.12"),
        ),
        ("asyncore", ("since version 3.12", "Add standard-asyncore,", "BP_PYTHON_VERSION=3.11")),
        ("distutils.core", ("distutils is not part", "Add setuptools,")),
        ("lib2to3", ("No package has it under this name", "BP_PYTHON_VERSION=3.12")),
        ("pkg_resources", ('"setuptools<82"',)),
        ("yaml", ("The package PyYAML has the module yaml",)),
        ("google.protobuf", ("The package protobuf has",)),
    ],
)
def test_advice(name: str, said: tuple[str, ...]) -> None:
    """A module that has left Python, or has a package of another name, is told with that."""
    advice = missing_modules.advice(error(name))

    assert advice.startswith(f"Missing:  {name}\n\n")
    assert [] == [words for words in said if words not in advice]


@pytest.mark.parametrize("name", ["idna", "google", "function.part"])
def test_no_advice(name: str) -> None:
    """Of other modules the start says what Python says."""
    assert "" == missing_modules.advice(error(name))


def test_other_errors() -> None:
    """An exception that is of no module has no advice, be it a loop of causes."""
    looped = ValueError("a")
    looped.__cause__ = KeyError("b")
    looped.__cause__.__cause__ = looped

    assert "" == missing_modules.advice(looped)
    assert "" == missing_modules.advice(ModuleNotFoundError("without a name"))
    assert "" == missing_modules.advice(None)


def test_behind_another() -> None:
    """A module that was tried before the last one is not it; one that led to an error is."""
    led = RuntimeError("cannot")
    led.__cause__ = error("cgi")
    led.__cause__.__context__ = error("yaml")

    assert missing_modules.advice(led).startswith("Missing:  cgi\n")
