"""The plan: choices from facts."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.cnb.layer_env import Behaviour, Change
from function_buildpack.log.errors.source import FieldInvalid, RuntimeHidden, SyntaxInvalid
from function_buildpack.manifests.pyproject_toml import PyprojectToml
from function_buildpack.manifests.registry import Manifests
from function_buildpack.manifests.uv_lock import UvLock
from function_buildpack.plan import plan
from function_buildpack.plan.plan import Plan
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
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
    selection = facts.pop("selection", Selection())
    manifest = facts.pop("manifest", PyprojectToml)
    pyproject = Pyproject({} if project is None else {"project": project})
    func_yaml = facts.pop("func_yaml", FuncYaml())
    function = Project(
        FOLDER, FOLDER / "function", FOLDER / "func.yaml", func_yaml, pyproject, **facts
    )
    settings = Settings(labels=labels or {}, selection=selection)
    return plan.make(Manifests(function, (manifest(function),)), settings, "3.13.5", scaffolded)


@pytest.mark.parametrize(
    ("parsed_by", "stops"), [("3.13.5", True), ("3.14.6", True), ("3.12.3", False)]
)
def test_syntax(parsed_by: str, *, stops: bool) -> None:
    """A syntax error for the function's Python fails before any installation."""
    broken = SyntaxInvalid(FOLDER / "function/func.py", 1, "def new(:", "invalid syntax", parsed_by)

    with pytest.raises(SyntaxInvalid) if stops else nullcontext():
        make(broken=broken)


@pytest.mark.parametrize(
    ("declared", "scaffolded", "invoke"),
    [
        ("", "", "http"),
        ("", "cloudevent", "cloudevent"),
        ("http", "cloudevent", "http"),
        ("cloudevent", "", "cloudevent"),
    ],
)
def test_invoke(declared: str, scaffolded: str, invoke: str) -> None:
    """func.yaml decides, then func's scaffolding, then it is HTTP."""
    made = make(func_yaml=FuncYaml(invoke=declared), scaffolded=scaffolded)

    assert invoke == made.invoke
    assert Change("FUNC_INVOKE", Behaviour.DEFAULT, invoke) in made.launch_env


def test_invoke_unknown() -> None:
    """An unknown invocation is an error."""
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
    """A function for SDK 1 that requires any version gets SDK 1."""
    made = make({"dependencies": dependencies}, imports=frozenset(imports))

    assert constraints == made.constraints


def test_sdk_1_locked() -> None:
    """A lock is never constrained."""
    made = make(
        {"dependencies": ["cloudevents"]},
        imports=frozenset({"cloudevents.http"}),
        manifest=UvLock,
    )

    assert () == made.constraints


def test_labels() -> None:
    """The image has labels from the function. Those of BP_IMAGE_LABELS take precedence."""
    made = make({"name": "mine", "version": "1.2"}, {VERSION: "2", "given": "1"})

    assert {"org.opencontainers.image.title": "mine", VERSION: "2", "given": "1"} == made.labels


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
    """No file next to the function may hide a module that the runtime imports."""
    siblings = {"function": FOLDER / "function", name: FOLDER / name}
    facts: dict[str, Any] = {"siblings": siblings, "func_yaml": FuncYaml(invoke=invoke)}

    if not hides:
        assert invoke == make(**facts).invoke
        return
    with pytest.raises(RuntimeHidden) as caught:
        make(**facts)

    assert (FOLDER / name, name) == (caught.value.path, caught.value.module)
