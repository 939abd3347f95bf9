"""Version constraints of Poetry's."""

import pytest

from function_buildpack.manifests import poetry_versions


@pytest.mark.parametrize(
    ("constraint", "allowed", "excluded"),
    [
        ("^3.11", "3.14.1", "4.0"),
        ("^3.11.2", "3.11.2", "3.11.1"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("~3.12", "3.12.9", "3.13.0"),
        ("~3.12.1", "3.12.9", "3.12.0"),
        ("~3", "3.14.0", "4.0"),
        ("~=3.12.1", "3.12.9", "3.13.0"),
        (">=3.11,<3.14", "3.13.5", "3.14.0"),
        (">= 3.11 , < 3.14", "3.13.5", "3.14.0"),
        (">=3.11 <3.14", "3.13.5", "3.14.0"),
        (">3.11.1,!=3.12.1", "3.12.2", "3.12.1"),
        ("3.12", "3.12", "3.12.1"),
        ("=3.12", "3.12.0", "3.12.1"),
        ("==3.12", "3.12.0", "3.12.1"),
        ("==3.12.4", "3.12.4", "3.12.5"),
        ("3.12.*", "3.12.5", "3.13.0"),
        ("3.*", "3.14.5", "4.0"),
        ("~3.11 || ^3.13", "3.14.1", "3.12.1"),
        ("3.11 | 3.12", "3.12", "3.13"),
    ],
)
def test_specifiers(constraint: str, allowed: str, excluded: str) -> None:
    """Poetry's constraints become those of PEP 440."""
    found = poetry_versions.specifiers(constraint)

    assert any(item.contains(allowed) for item in found)
    assert not any(item.contains(excluded) for item in found)


@pytest.mark.parametrize("constraint", ["3.12", "=3.12", "==3.12", "3.12.*"])
def test_specifiers_of_python(constraint: str) -> None:
    """A minor version of Python stands for its patch versions."""
    assert poetry_versions.allow(constraint, "3.12.9", of_python=True)
    assert not poetry_versions.allow(constraint, "3.13.0", of_python=True)
    assert not poetry_versions.allow("3.12.4", "3.12.9", of_python=True)


def test_specifiers_any() -> None:
    """A star is any version."""
    assert poetry_versions.specifiers("*")[0].contains("3.13.5")


@pytest.mark.parametrize("constraint", ["latest", "", "^", "^x", "3.11,", "=>3.11"])
def test_specifiers_invalid(constraint: str) -> None:
    """An invalid constraint is an error."""
    with pytest.raises(ValueError, match=r"constraint|specifier"):
        poetry_versions.specifiers(constraint)


def test_allow() -> None:
    """A version must match one of the alternatives."""
    assert poetry_versions.allow("^1.0 || ^3.0", "3.1")
    assert not poetry_versions.allow("^1.0 || ^3.0", "2.0")


def test_allow_of_a_prerelease() -> None:
    """A locked version may be a prerelease."""
    assert poetry_versions.allow("^1.0", "1.5rc1")
