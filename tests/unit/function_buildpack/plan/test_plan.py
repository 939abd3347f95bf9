"""The plan: choices from facts."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.cnb.layer_env import Behaviour, Change
from function_buildpack.log.errors.source import FieldInvalid, RuntimeHidden, SyntaxInvalid
from function_buildpack.manifests.statements import Source
from function_buildpack.plan import plan
from function_buildpack.plan.plan import Plan
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Selection, Settings

FOLDER = Path("/workspace")
VERSION = "org.opencontainers.image.version"


def make(
    project: dict[str, Any] | None = None,
    labels: dict[str, str] | None = None,
    scaffolded: str = "",
    **facts: Any,
) -> Plan:
    """Plan a function with this project table and these facts."""
    pyproject = facts.pop("pyproject", {} if project is None else {"project": project})
    selection = facts.pop("selection", Selection())
    function = Project(
        FOLDER,
        FOLDER / "function",
        FOLDER / "func.yaml",
        facts.pop("func_yaml", FuncYaml()),
        pyproject,
        has_pyproject=bool(pyproject),
        **facts,
    )
    settings = Settings(labels=labels or {}, selection=selection)
    return plan.make(function, settings, "3.13.5", scaffolded)


@pytest.mark.parametrize(
    ("facts", "source", "unused"),
    [
        ({}, Source.NOTHING, ()),
        ({"project": {}}, Source.NOTHING, ()),
        ({"project": {"dependencies": []}}, Source.PYPROJECT, ()),
        ({"project": {"dynamic": ["dependencies"]}}, Source.PYPROJECT, ()),
        ({"pyproject": {"build-system": {}}}, Source.PYPROJECT, ()),  # Poetry 1, setuptools
        ({"pyproject": {"tool": {"ruff": {}}}}, Source.NOTHING, ()),
        ({"has_requirements": True}, Source.REQUIREMENTS, ()),
        (
            {"has_requirements": True, "project": {"dependencies": []}},
            Source.REQUIREMENTS,
            (Source.PYPROJECT,),
        ),
        (
            {"is_locked": True, "has_requirements": True, "project": {"dependencies": []}},
            Source.UV_LOCK,
            (Source.REQUIREMENTS, Source.PYPROJECT),
        ),
        ({"is_locked": True}, Source.NOTHING, ()),  # a lock of nothing
        ({"locks": {"poetry.lock": {}}}, Source.NOTHING, ()),
        ({"setup": "setup.cfg"}, Source.SETUP_CFG, ()),
        (
            {
                "is_locked": True,
                "locks": {name: {} for name in ("Pipfile.lock", "poetry.lock", "pylock.toml")},
                "has_requirements": True,
                "project": {"dependencies": []},
                "setup": "setup.py",
            },
            Source.UV_LOCK,
            (
                *(Source.PYLOCK, Source.POETRY_LOCK, Source.PIPFILE_LOCK, Source.REQUIREMENTS),
                *(Source.PYPROJECT, Source.SETUP_PY),
            ),
        ),
    ],
)
def test_source(facts: dict[str, Any], source: Source, unused: tuple[Source, ...]) -> None:
    """A lock comes before a list of versions, that before a list of ranges."""
    made = make(**facts)

    assert (source, unused) == (made.source, made.unused_sources)


@pytest.mark.parametrize(
    ("parsed_by", "stops"), [("3.13.5", True), ("3.14.6", True), ("3.12.3", False)]
)
def test_syntax(parsed_by: str, *, stops: bool) -> None:
    """What a newer Python than the function's cannot read stops the build before any install."""
    broken = SyntaxInvalid(FOLDER / "function/func.py", 1, "def new(:", "invalid syntax", parsed_by)

    with pytest.raises(SyntaxInvalid) if stops else nullcontext():
        make(broken=broken)


@pytest.mark.parametrize(
    ("stated", "scaffolded", "invoke"),
    [
        ("", "", "http"),
        ("", "cloudevent", "cloudevent"),
        ("http", "cloudevent", "http"),
        ("cloudevent", "", "cloudevent"),
    ],
)
def test_invoke(stated: str, scaffolded: str, invoke: str) -> None:
    """func.yaml decides, then func's scaffolding, then it is HTTP."""
    made = make(func_yaml=FuncYaml(invoke=stated), scaffolded=scaffolded)

    assert invoke == made.invoke
    assert Change("FUNC_INVOKE", Behaviour.DEFAULT, invoke) in made.launch_env


def test_invoke_unknown() -> None:
    """Another invocation is an error: the image would serve something else than was asked for."""
    with pytest.raises(FieldInvalid) as caught:
        make(func_yaml=FuncYaml(invoke="grpc"))

    assert ("invoke", "grpc") == (caught.value.field, caught.value.found)


def test_health_paths() -> None:
    """Health endpoints of func.yaml reach the runtime."""
    made = make(func_yaml=FuncYaml(liveness_path="/live", readiness_path="/ready"))

    assert (
        Change("FUNC_INVOKE", Behaviour.DEFAULT, "http"),
        Change("FUNC_LIVENESS_PATH", Behaviour.DEFAULT, "/live"),
        Change("FUNC_READINESS_PATH", Behaviour.DEFAULT, "/ready"),
    ) == made.launch_env


@pytest.mark.parametrize(
    ("imports", "dependencies", "constraints"),
    [
        (["cloudevents.http"], ["cloudevents"], ("cloudevents<2",)),
        (["cloudevents.http.event"], ["pytest", "CloudEvents[x]>=1"], ("cloudevents<2",)),
        (["cloudevents.core.v1.event"], ["cloudevents"], ()),
        (["cloudevents.httpx"], ["cloudevents"], ()),
        (["cloudevents.http"], ["cloudevents>=2"], ()),  # the author's word
        (["cloudevents.http"], ["cloudevents==1.9.0"], ()),
        (["cloudevents.http"], ["not valid !"], ()),  # the installer's to name
        (["cloudevents.http"], [], ()),
    ],
)
def test_sdk_1(imports: list[str], dependencies: list[str], constraints: tuple[str, ...]) -> None:
    """A function written for SDK 1 that asks for any version gets SDK 1."""
    made = make({"dependencies": dependencies}, imports=frozenset(imports))

    assert constraints == made.constraints


def test_sdk_1_locked() -> None:
    """A lock is never constrained."""
    made = make(
        {"dependencies": ["cloudevents"]}, imports=frozenset({"cloudevents.http"}), is_locked=True
    )

    assert () == made.constraints


def test_labels() -> None:
    """What is known of the function is on the image, but what was given with BP_ wins."""
    made = make({"name": "mine", "version": "1.2"}, {VERSION: "2", "given": "1"})

    assert {"org.opencontainers.image.title": "mine", VERSION: "2", "given": "1"} == made.labels


def test_requirements_key() -> None:
    """Only what decides the installed packages changes the key."""
    plain = make({"dependencies": ["a"], "description": "x"}).requirements_key()

    assert plain == make({"dependencies": ["a"], "description": "y"}).requirements_key()
    assert plain != make({"dependencies": ["a", "b"]}).requirements_key()
    assert plain != make({"dependencies": ["a"], "requires-python": ">=3"}).requirements_key()


def test_requirements_key_selection() -> None:
    """What is selected changes the key."""
    table = {"dependencies": [], "optional-dependencies": {"x": ["a"]}}

    selected = make(table, selection=Selection(extras=frozenset({"x"})))

    assert make(table).requirements_key() != selected.requirements_key()


def test_source_path(tmp_path: Path) -> None:
    """The file that states dependencies is in the function's folder, or its workspace's."""
    project = {"dependencies": ["a"]}

    assert FOLDER / "pyproject.toml" == make(project).source_path
    assert FOLDER / "uv.lock" == make(project, is_locked=True).source_path
    member = make(project, is_locked=True, workspace_root=tmp_path)
    assert tmp_path / "uv.lock" == member.source_path


def test_digest_separates() -> None:
    """The same bytes cut elsewhere are another digest."""
    assert plan.digest([b"ab", b"c"]) != plan.digest([b"a", b"bc"])


@pytest.mark.parametrize(
    ("name", "invoke", "hides"),
    [
        ("func_runtime", "http", True),
        ("uvloop", "http", True),
        ("cloudevents", "cloudevent", True),
        ("cloudevents", "http", False),
        ("click", "http", False),
    ],
)
def test_names_beside_the_function(name: str, invoke: str, hides: bool) -> None:
    """What the runtime imports must not be found beside the function first."""
    beside = {"function": FOLDER / "function", name: FOLDER / name}
    facts: dict[str, Any] = {"beside": beside, "func_yaml": FuncYaml(invoke=invoke)}

    if not hides:
        assert invoke == make(**facts).invoke
        return
    with pytest.raises(RuntimeHidden) as caught:
        make(**facts)

    assert (FOLDER / name, name) == (caught.value.path, caught.value.module)
