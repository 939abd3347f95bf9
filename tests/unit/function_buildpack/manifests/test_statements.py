"""What states the dependencies: whether it is current, and what of it is installed."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker

from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.dependencies import (
    LockMissing,
    LockOutdated,
    LockUnsupported,
    SelectionUnknown,
)
from function_buildpack.manifests import statements
from function_buildpack.manifests.statements import Known, Source
from function_buildpack.plan import plan
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Selection, Settings

FOLDER = Path("/w")
EMPTY: frozenset[str] = frozenset()
POETRY_LOCK = {
    "extras": {"math": ["b"]},
    "package": [
        {"name": "a", "version": "1", "groups": ["main"]},
        {"name": "pytest", "version": "8", "groups": ["test"]},
        {"name": "b", "version": "1", "groups": ["main"], "markers": 'extra == "math"'},
        {"name": "c", "version": "1", "groups": ["main"], "markers": 'python_version < "3.13"'},
    ],
}


def project(pyproject: dict[str, Any] | None = None, **facts: Any) -> Project:
    """Return a function with these facts."""
    package, func_yaml = FOLDER / "function", FOLDER / "func.yaml"
    return Project(FOLDER, package, func_yaml, FuncYaml(), pyproject or {}, **facts)


def test_current_lock_passes() -> None:
    """What fits, or cannot be told, is no error."""
    for source in (Source.UV_LOCK, Source.REQUIREMENTS, Source.NOTHING):
        statements.check(project(), source, "3.13.5")
    alone = project(locks={"Pipfile.lock": {}})
    statements.check(alone, Source.PIPFILE_LOCK, "3.13.5")
    locked = project(
        {"project": {"dependencies": ["a>=1", "b; python_version < '3.13'"]}},
        locks={"pylock.toml": {"packages": [{"name": "a", "version": "1.0"}]}},
    )
    statements.check(locked, Source.PYLOCK, "3.13.5")


@pytest.mark.parametrize(
    ("source", "pyproject", "locks", "error"),
    [
        (
            Source.PYLOCK,
            {"project": {"dependencies": ["a>=2"]}},
            {"pylock.toml": {"packages": [{"name": "a", "version": "1.0"}]}},
            LockOutdated,
        ),
        (Source.POETRY_LOCK, {}, {"poetry.lock": {"package": []}}, LockOutdated),
        (Source.POETRY_LOCK, {}, {"poetry.lock": {"package": [{"name": "a"}]}}, LockUnsupported),
        (Source.PIPFILE_LOCK, {}, {"Pipfile.lock": {}, "Pipfile": {}}, LockOutdated),
        (Source.NOTHING, {}, {"Pipfile": {}}, LockMissing),
    ],
)
def test_unfit_lock(
    source: Source,
    pyproject: dict[str, Any],
    locks: dict[str, dict[str, Any]],
    error: type[BuildpackError],
) -> None:
    """A lock that does not fit what it was made from is an error with a command."""
    with pytest.raises(error) as caught:
        statements.check(project(pyproject, locks=locks), source, "3.13.5")

    assert "lock" in vars(caught.value)["command"]


OF_POETRY = {"poetry": {"dependencies": {"python": "^3.11", "a": {"path": "libs/a"}}}}
POETRY = {"build-system": {"build-backend": "poetry.core.masonry.api"}}
HATCH = {"build-system": {"build-backend": "hatchling.build"}}


@pytest.mark.parametrize(
    ("pyproject", "fails"),
    [
        # Poetry's backend tells what is in its table where nothing else says it.
        ({"tool": OF_POETRY, **POETRY}, False),
        ({"tool": OF_POETRY, "build-system": {}}, False),
        ({"tool": OF_POETRY, "project": {"dynamic": ["dependencies"]}, **POETRY}, False),
        ({"tool": OF_POETRY}, True),
        ({"tool": {"poetry": {**OF_POETRY["poetry"], "package-mode": False}}, **POETRY}, True),
        # It does not tell where a dependency of the project table is from.
        ({"tool": OF_POETRY, "project": {"dependencies": ["a"]}, **POETRY}, True),
        ({"tool": OF_POETRY, "project": {"dependencies": ["a"]}}, True),
        ({"tool": OF_POETRY, "project": {"name": "mine"}, **POETRY}, True),
        # Other backends do not read that table.
        ({"tool": OF_POETRY, "project": {"dependencies": ["a"]}, **HATCH}, False),
        (
            {
                "tool": {"poetry": {"dependencies": {"python": "^3.11"}}},
                "project": {"dependencies": ["a"]},
                **POETRY,
            },
            False,
        ),
    ],
)
def test_for_poetry_alone(pyproject: dict[str, Any], *, fails: bool) -> None:
    """What only Poetry's lock tells is an error without it: another package might be installed."""
    function = project(pyproject, has_pyproject=True)

    with pytest.raises(LockMissing) if fails else nullcontext():
        statements.check(function, statements.present(function)[0], "3.13.5")


@pytest.mark.parametrize(
    ("source", "pyproject", "expected"),
    [
        (Source.NOTHING, {}, Known(EMPTY, EMPTY)),
        (Source.REQUIREMENTS, {}, Known(EMPTY, EMPTY)),
        (Source.PYLOCK, {}, Known(frozenset({"x"}), EMPTY)),
        (Source.POETRY_LOCK, {}, Known(frozenset({"math"}), frozenset({"test"}))),
        (Source.PIPFILE_LOCK, {}, Known(EMPTY, frozenset({"develop"}))),
        (Source.SETUP_PY, {}, Known(None, EMPTY)),
        (Source.SETUP_CFG, {}, Known(None, EMPTY)),
        (
            Source.PYPROJECT,
            {
                "project": {"optional-dependencies": {"A_b": []}},
                "dependency-groups": {"test": []},
                "tool": {"uv": {"dev-dependencies": ["pytest"]}},
            },
            Known(frozenset({"a-b"}), frozenset({"dev", "test"})),
        ),
        (Source.UV_LOCK, {"project": {}}, Known(None, EMPTY)),
        (
            Source.PYPROJECT,
            {"project": {"name": "x", "dynamic": ["optional-dependencies"]}},
            Known(None, EMPTY),
        ),
    ],
)
def test_known(source: Source, pyproject: dict[str, Any], expected: Known) -> None:
    """Each way has its own extras and groups; some are only known to a build backend."""
    locks: dict[str, dict[str, Any]] = {
        "pylock.toml": {"extras": ["x"]},
        "poetry.lock": POETRY_LOCK,
        "Pipfile.lock": {"_meta": {}, "default": {}, "develop": {}},
    }

    assert expected == statements.known(project(pyproject, locks=locks), source)


def test_check_selection() -> None:
    """What is not there is named, with what is."""
    table = {"name": "x", "optional-dependencies": {"a": [], "b": []}}
    function = project({"project": table, "dependency-groups": {"dev": []}})
    there = Selection(frozenset({"a"}), frozenset({"dev"}))
    statements.check_selection(function, Source.PYPROJECT, there)

    unknown = Selection(frozenset({"d", "c", "a"}))
    with pytest.raises(SelectionUnknown) as caught:
        statements.check_selection(function, Source.PYPROJECT, unknown)

    assert ("BP_FUNCTION_EXTRAS", "c, d", ("a", "b")) == (
        caught.value.name,
        caught.value.found,
        caught.value.known,
    )


def test_check_selection_unknown_extras() -> None:
    """What only the build backend knows is left to it."""
    selection = Selection(frozenset({"any"}))

    statements.check_selection(project(), Source.SETUP_PY, selection)


@pytest.mark.parametrize("source", [Source.PYPROJECT, Source.NOTHING])
def test_check_selection_of_poetry(source: Source) -> None:
    """Poetry's groups are in its lock, and the error says that this one is not there."""
    stated = {"dependency-groups": {"docs": []}, "tool": {"poetry": {"group": {"dev": {}}}}}
    groups = frozenset({"dev", "docs"} if source is Source.PYPROJECT else {"dev"})

    with pytest.raises(LockMissing) as caught:
        statements.check_selection(project(stated), source, Selection(groups=groups))

    assert ("poetry.lock", ("dev",)) == (caught.value.lock, caught.value.groups)


def test_check_selection_of_others() -> None:
    """A file that comes before pyproject.toml has no group of Poetry's."""
    function = project({"tool": {"poetry": {"group": {"dev": {}}}}})
    selection = Selection(groups=frozenset({"dev"}))

    with pytest.raises(SelectionUnknown) as caught:
        statements.check_selection(function, Source.REQUIREMENTS, selection)

    assert () == caught.value.known


def test_locked() -> None:
    """Locks that uv does not read are requirements; the images' Python decides markers."""
    function = project(
        locks={
            "poetry.lock": POETRY_LOCK,
            "Pipfile.lock": {"_meta": {}, "default": {"a": {"version": "==1"}}},
        }
    )

    assert ("a==1",) == statements.locked(function, Source.POETRY_LOCK, Selection(), "3.13.5")
    assert ("a==1", "c==1") == statements.locked(
        function, Source.POETRY_LOCK, Selection(), "3.12.1"
    )
    assert ("a==1",) == statements.locked(function, Source.PIPFILE_LOCK, Selection(), "3.13.5")
    assert () == statements.locked(function, Source.UV_LOCK, Selection(), "3.13.5")


@pytest.mark.parametrize(
    ("source", "lines", "found"),
    [
        (Source.PYPROJECT, ["ruff"], ("pytest", "pytest-asyncio")),
        (Source.PYLOCK, [], ("coverage",)),
        (Source.REQUIREMENTS, ["-r x", "# y", "Ruff>1", "a", "mypy==1 --hash=x"], ("mypy", "ruff")),
        (Source.NOTHING, [], ()),
    ],
)
def test_for_tests(source: Source, lines: list[str], found: tuple[str, ...]) -> None:
    """Tools for tests are seen in what the image gets, in whatever way that is stated."""
    function = project(
        {"project": {"dependencies": ["PyTest", "pytest_asyncio>=1", "a", "not valid !"]}},
        locks={"pylock.toml": {"packages": [{"name": "coverage"}, {"name": "a"}]}},
    )

    assert found == statements.for_tests(function, source, lines)


def test_unread() -> None:
    """Files that look as if they counted, and do not, are named with the reason."""
    locked = project(has_pyproject=True, is_locked=True)
    assert {} == statements.unread(locked, Source.UV_LOCK)

    alone = project(
        is_locked=True,
        locks={"poetry.lock": {}, "Pipfile": {}},
        unread=("pdm.lock", "pylock.prod.toml"),
        other_requirements=("requirements-dev.txt", "requirements/prod.txt"),
    )
    found = statements.unread(alone, Source.REQUIREMENTS)
    assert [
        *("pdm.lock", "pylock.prod.toml", "uv.lock", "poetry.lock", "Pipfile"),
        "requirements/prod.txt",
    ] == list(found)
    assert "there is no Pipfile.lock, and requirements.txt is there" == found["Pipfile"]


@pytest.mark.parametrize(
    ("source", "tool", "expected"),
    [
        (Source.UV_LOCK, {"uv": {"default-groups": ["dev", "Prod_A", "unit-tests"]}}, ("prod-a",)),
        (Source.PYPROJECT, {"uv": {"default-groups": "all"}}, ("data", "prod-a")),
        (Source.UV_LOCK, {}, ()),
        (
            Source.POETRY_LOCK,
            {"poetry": {"group": {"prod-a": {}, "docs": {}, "b": {"optional": True}, "c": {}}}},
            ("prod-a",),
        ),
        (Source.REQUIREMENTS, {"uv": {"default-groups": ["prod-a"]}}, ()),
    ],
)
def test_left_out(source: Source, tool: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Groups that the project's tool installs by itself are told, but for those for development."""
    groups = {"dev": ["pytest"], "Prod_A": ["idna"], "data": [], "c": [], "unit-tests": []}
    made = project(pyproject={"dependency-groups": groups, "tool": tool})

    assert expected == statements.left_out(made, source, Selection(groups=frozenset({"c"})))


def test_selecting() -> None:
    """The settings that would install a package are known, by its name."""
    pyproject = {
        "project": {"optional-dependencies": {"net": ["Idna>=3", "six"], "math": ["numpy"]}},
        "dependency-groups": {"prod": ["idna", {"include-group": "dev"}], "dev": ["not valid!"]},
        "tool": {"poetry": {"group": {"old": {"dependencies": {"idna": "*"}}}}},
    }

    found = statements.selecting(project(pyproject=pyproject), Source.PYPROJECT, "idna")

    assert ("BP_FUNCTION_EXTRAS=net", "BP_FUNCTION_GROUPS=prod") == found


@pytest.mark.parametrize(
    ("source", "lock", "found"),
    [
        (Source.UV_LOCK, {"package": 3}, "package: 3, and not a list"),
        (Source.PYLOCK, {"packages": ["a"]}, "packages[0]: 'a', and not a table"),
        (Source.POETRY_LOCK, {"metadata": []}, "metadata: [], and not a table"),
        (
            Source.POETRY_LOCK,
            {"package": [{"name": "a", "version": "1", "groups": 3}]},
            "package[0].groups: 3, and not a list",
        ),
        (
            Source.POETRY_LOCK,
            {"package": [{"version": "1"}]},
            "package[0].name: nothing, and not text",
        ),
        (
            Source.POETRY_LOCK,
            {
                "metadata": {"lock-version": "2.1"},
                "package": [
                    {"name": "a", "version": "1", "groups": ["main"]},
                    {"name": "b", "version": "1"},
                ],
            },
            "the package b has no groups",
        ),
        (
            Source.POETRY_LOCK,
            {"metadata": {"lock-version": "1.1"}, "package": [{"name": "a", "version": "1"}]},
            'lock-version = "1.1"; Poetry 1.5 to 1.8 write "2.0", Poetry 2 writes "2.1"',
        ),
        (Source.PIPFILE_LOCK, {"default": []}, "default: [], and not a table"),
        (Source.PIPFILE_LOCK, {"default": {"a": {"git": "https://x"}}}, "'ref' is missing"),
    ],
)
def test_lock_of_another_shape(source: Source, lock: dict[str, Any], found: str) -> None:
    """What is wrong in a lock is told, with the command that makes it anew."""
    is_locked = source is Source.UV_LOCK
    function = project({}, locks={source.value: lock}, has_pyproject=True, is_locked=is_locked)

    with pytest.raises(LockUnsupported) as caught:
        plan.make(function, Settings(), "3.13.5")

    assert FOLDER / source.value == caught.value.lock
    assert found == caught.value.found


def test_lock_with_a_text_of_another_kind() -> None:
    """The words of a parser of texts are told as one line."""
    with (
        pytest.raises(LockUnsupported) as caught,
        statements.read_as_lock(project(), Source.PIPFILE_LOCK),
    ):
        Marker("x [")

    assert "Expected a marker variable or quoted string x [ ^" == caught.value.found


def test_defect_elsewhere() -> None:
    """What goes wrong without a lock is no lock's fault."""
    with pytest.raises(KeyError), statements.read_as_lock(project(), Source.PYPROJECT):
        raise KeyError
