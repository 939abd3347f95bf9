"""Decides what to build, from facts and settings. Touches no disk and starts no process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name
from packaging.version import Version

from function_buildpack import constants
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.log.errors.source import FieldInvalid, RuntimeHidden
from function_buildpack.manifests import requirement_lines
from function_buildpack.manifests.manifest import Manifest, for_tests
from function_buildpack.manifests.registry import Manifests
from function_buildpack.plan import labels, own_package
from function_buildpack.plan.own_package import OwnPackage
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Check, Selection, Settings


@dataclass(frozen=True)
class Plan:
    """All decisions of a build."""

    project: Project
    # The file to install from, and the names of other files that declare dependencies.
    manifest: Manifest
    unused: tuple[str, ...]
    selection: Selection
    locked: tuple[str, ...]
    for_tests: tuple[str, ...]
    ignored: Mapping[str, str]
    skipped_groups: tuple[str, ...]
    constraints: tuple[str, ...]
    invoke: str
    invoke_reason: str
    check: Check
    package: OwnPackage = own_package.NO_PACKAGE
    launch_env: LayerEnv = ()
    labels: dict[str, str] = field(default_factory=dict)


def make(
    declared: Manifests, settings: Settings, python_version: str, scaffolded: str = ""
) -> Plan:
    """Decide what to build.

    `python_version` is the full version of the function's Python. `scaffolded` is the invocation of
    func's scaffolding, if there is one.

    :raises SyntaxInvalid: a source file does not compile, and the function's Python is not newer.
    :raises RuntimeHidden: a file next to the function has the name of a module of the runtime.
    :raises FieldInvalid: func.yaml has an unknown invocation.
    :raises BuildpackError: the dependencies cannot be installed as declared; see manifests/.
    """
    project, manifest = declared.project, declared.chosen
    _check_syntax(project, python_version)
    with manifest.reading():
        manifest.check(python_version)
        manifest.check_selection(settings.selection)
        locked = manifest.locked(settings.selection, python_version)
        found_for_tests = for_tests(manifest.requirements(locked))
    invoke, reason = _invoke(project, scaffolded)
    _check_names(project, invoke)
    return Plan(
        project=project,
        manifest=manifest,
        unused=declared.others,
        selection=settings.selection,
        locked=locked,
        for_tests=found_for_tests,
        ignored=declared.ignored,
        skipped_groups=manifest.skipped_groups(settings.selection),
        constraints=tuple(_constraints(manifest)),
        invoke=invoke,
        invoke_reason=reason,
        check=settings.check,
        package=own_package.of(project),
        launch_env=(*_runtime_env(project, invoke), *settings.launch_env),
        labels={**labels.of(project), **settings.labels},
    )


def _check_syntax(project: Project, version: str) -> None:
    """Report a syntax error, unless the function's Python is newer and may accept the syntax."""
    if project.broken and Version(version) <= Version(project.broken.python):
        raise project.broken


def _invoke(project: Project, scaffolded: str) -> tuple[str, str]:
    """Return the invocation, and where it comes from."""
    invoke = project.func_yaml.invoke
    if invoke and invoke not in (constants.INVOKE_HTTP, constants.INVOKE_CLOUDEVENT):
        raise FieldInvalid(project.func_yaml_path, "invoke", invoke, "http or cloudevent")
    if invoke:
        return invoke, f"from {constants.FUNC_YAML}"
    if scaffolded:
        return scaffolded, "from func's scaffolding"
    return constants.INVOKE_HTTP, "default"


def _check_names(project: Project, invoke: str) -> None:
    """Check that no file next to the function hides the runtime: Python searches there first."""
    events = constants.EVENT_IMPORTS if invoke == constants.INVOKE_CLOUDEVENT else ()
    for module in (*constants.RUNTIME_IMPORTS, *events):
        if path := project.siblings.get(module):
            raise RuntimeHidden(path, module)


# Modules of the cloudevents SDK 1 that SDK 2 no longer has (its migration guide, "v1 to v2").
_OF_SDK_1 = tuple(f"cloudevents.{name}." for name in constants.SDK_1_MODULES)


def imports_sdk_1(project: Project) -> bool:
    """Return whether the function imports a module that only the cloudevents SDK 1 has."""
    return any(f"{name}.".startswith(_OF_SDK_1) for name in project.imports)


def _constraints(manifest: Manifest) -> Iterable[str]:
    """Keep SDK 1 for functions that are written for it, such as the template of func 0.48.

    Its pyproject.toml requires any version of `cloudevents`, and its code imports
    `cloudevents.http`, which SDK 2 does not have. Without a constraint, it would build and never
    start. A lock, or a declared upper or lower bound, takes precedence.
    """
    project = manifest.project
    if manifest.takes_constraints and imports_sdk_1(project) and _asks_for_any_sdk(project):
        yield "cloudevents<2"


def _asks_for_any_sdk(project: Project) -> bool:
    return any(
        canonicalize_name(requirement.name) == "cloudevents"
        and requirement.specifier.contains("1.12.0")
        and requirement.specifier.contains("2.0.0")
        for requirement in requirement_lines.parsed(project.pyproject.dependencies)
    )


def _runtime_env(project: Project, invoke: str) -> LayerEnv:
    variables = {
        constants.FUNC_INVOKE: invoke,
        constants.FUNC_LIVENESS_PATH: project.func_yaml.liveness_path,
        constants.FUNC_READINESS_PATH: project.func_yaml.readiness_path,
    }
    return tuple(
        Change(name, Behaviour.DEFAULT, value) for name, value in variables.items() if value
    )
