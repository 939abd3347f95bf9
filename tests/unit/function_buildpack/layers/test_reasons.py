"""Why a layer is filled again, in the log's words."""

import pytest

from function_buildpack.cnb.layers import Changed, Created, Unreadable
from function_buildpack.layers import reasons


@pytest.mark.parametrize(
    ("field", "before", "now", "said"),
    [
        ("requirements", "0" * 32, "1" * 32, "the declared dependencies changed"),
        ("python", "3.13.5", "3.12.1", "python changed from 3.13.5 to 3.12.1"),
        ("wheels", "", "1" * 32, "wheels changed"),
        ("refresh", "2", "", "BP_FUNCTION_REFRESH changed from 2 to none"),
        ("refresh", "", "2", "BP_FUNCTION_REFRESH changed from none to 2"),
        ("git", "git commit=1, git tags=1", "git commit=1, git tags=2", "git tags changed"),
        ("git", "", "git commit=1, git tags=2", "git commit changed, git tags changed"),
        ("variables", "A=1, B=1", "B=1, C=1", "the variable A changed, the variable C changed"),
        ("moving", "a@b=1, c=", "a@b=2, c=", "a@b moved to 2"),
        ("moving", "a@b=1", "a@b=", "a@b was removed"),
    ],
)
def test_because(field: str, before: str, now: str, said: str) -> None:
    """A reason has the user's words, and the changed names of lists without their values."""
    because = reasons.because(Changed({field: (before, now)}))

    assert f"{said} since the earlier build" == because


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Created(), "there is no layer of an earlier build"),
        (
            Unreadable(),
            "another version of the buildpack created the layer of the earlier build",
        ),
    ],
)
def test_because_of_no_layer(cause: Created | Unreadable, said: str) -> None:
    """A layer that is missing or cannot be read has a reason, too."""
    assert said == reasons.because(cause)


def test_listed() -> None:
    """Names with = and empty values are read as they were written."""
    values = {"git+https://host/a?b=c@main": "1", "d": ""}

    assert "git+https://host/a?b=c@main=1, d=" == reasons.listed(values)
    assert values == reasons.unlisted(reasons.listed(values))
