"""The formats of manifests: whether they match, and what is installed from them."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker

from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.dependencies import (
    InstallFailed,
    LockMissing,
    LockOutdated,
    LockUnsupported,
    RequirementsUnsolvable,
    SelectionConflict,
    SelectionUnknown,
)
from function_buildpack.log.errors.indexes import IndexRefused
from function_buildpack.manifests.manifest import (
    Installation,
    Manifest,
    SelectionChoices,
    for_tests,
    is_for_development,
)
from function_buildpack.manifests.pipfile_lock import PipfileLock
from function_buildpack.manifests.poetry_lock import PoetryLock
from function_buildpack.manifests.pylock import Pylock
from function_buildpack.manifests.pyproject_toml import NoManifest, PyprojectToml
from function_buildpack.manifests.registry import Manifests
from function_buildpack.manifests.requirements_txt import RequirementsTxt
from function_buildpack.manifests.setuptools import SetupCfg, SetupPy
from function_buildpack.manifests.uv_lock import UvLock
from function_buildpack.plan import plan
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.settings import Selection, Settings
from function_buildpack.system import process
from function_buildpack.system.process import Result
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_settings import PackageSource
from unit.function_buildpack.functions import FOLDER, of_facts, read

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
OF_POETRY_1 = {
    "dependencies": {"python": "^3.11", "a": "1"},
    "group": {"data": {"dependencies": {"b": {"path": "b"}}}},
}
POETRY_1_LOCK = {
    "metadata": {"lock-version": "2.0"},
    "package": [
        {"name": "a", "version": "1"},
        {"name": "b", "version": "1", "source": {"type": "directory", "url": "b"}},
        {"name": "unneeded", "version": "1"},
    ],
}
LOCKED = {"packages": [{"name": "a", "version": "1.0"}]}
IDNA = {"project": {"dependencies": ["a>=1", "b; python_version < '3.13'"]}}


@pytest.mark.parametrize(
    "manifest",
    [
        UvLock(of_facts(), {}),
        RequirementsTxt(of_facts(), {"lines": ()}),
        NoManifest(of_facts()),
        PipfileLock(of_facts(), {}),
        Pylock(of_facts(IDNA), LOCKED),
    ],
)
def test_check(manifest: Manifest) -> None:
    """A matching manifest, or one that cannot be checked here, is not an error."""
    manifest.check("3.13.5")


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
        (Pylock(of_facts({"project": {"dependencies": ["a>=2"]}}), LOCKED), LockOutdated),
        (PoetryLock(of_facts(), {"package": []}), LockOutdated),
        (PoetryLock(of_facts(), {"package": [{"name": "a"}]}), LockUnsupported),
        (PipfileLock(of_facts(), {}, {}), LockOutdated),
    ],
)
def test_check_fails(manifest: Manifest, error: type[BuildpackError]) -> None:
    """An outdated lock is an error with a command."""
    with pytest.raises(error) as caught:
        manifest.check("3.13.5")

    assert manifest.command == vars(caught.value)["command"]


def test_check_pipfile_alone(tmp_path: Path) -> None:
    """A Pipfile is only installed from its lock."""
    project = read(tmp_path, {"function.py": "", "Pipfile": ""})

    with pytest.raises(LockMissing) as caught:
        NoManifest(project).check("3.13.5")

    error = caught.value
    assert (tmp_path / "Pipfile", "Pipfile.lock", "pipenv lock") == (
        error.path,
        error.lock,
        error.command,
    )


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
@pytest.mark.parametrize("manifest", [PyprojectToml, NoManifest])
def test_check_for_poetry_alone(
    manifest: type[Manifest], pyproject: dict[str, Any], *, fails: bool
) -> None:
    """Dependencies that only Poetry reads are an error without its lock."""
    with pytest.raises(LockMissing) if fails else nullcontext():
        manifest(of_facts(pyproject)).check("3.13.5")


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (NoManifest(of_facts()), SelectionChoices()),
        (RequirementsTxt(of_facts()), SelectionChoices()),
        (Pylock(of_facts(), {"extras": ["x"]}), SelectionChoices(frozenset({"x"}))),
        (Pylock(of_facts(), {}), SelectionChoices()),
        (PoetryLock(of_facts(), {}), SelectionChoices()),
        (
            PoetryLock(of_facts({"tool": {"poetry": OF_POETRY_1}}), POETRY_1_LOCK),
            SelectionChoices(EMPTY, frozenset({"data"})),
        ),
        (
            PoetryLock(of_facts(), POETRY_LOCK),
            SelectionChoices(frozenset({"math"}), frozenset({"test"})),
        ),
        (
            PipfileLock(of_facts(), {"_meta": {}, "default": {}, "develop": {}}),
            SelectionChoices(EMPTY, frozenset({"develop"})),
        ),
        (SetupPy(of_facts()), SelectionChoices(None)),
        (SetupCfg(of_facts()), SelectionChoices(None)),
        (
            PyprojectToml(
                of_facts(
                    {
                        "project": {"optional-dependencies": {"A_b": []}},
                        "dependency-groups": {"test": []},
                        "tool": {"uv": {"dev-dependencies": ["pytest"]}},
                    }
                )
            ),
            SelectionChoices(frozenset({"a-b"}), frozenset({"dev", "test"})),
        ),
        (UvLock(of_facts({"project": {}})), SelectionChoices(None)),
        (
            PyprojectToml(
                of_facts({"project": {"name": "x", "dynamic": ["optional-dependencies"]}})
            ),
            SelectionChoices(None),
        ),
    ],
)
def test_selectable(manifest: Manifest, expected: SelectionChoices) -> None:
    """Each format has its own extras and groups; some are only known to a build backend."""
    assert expected == manifest.selectable


def test_check_selection() -> None:
    """An unknown name is an error with the known ones."""
    table = {"name": "x", "optional-dependencies": {"a": [], "b": []}}
    manifest = PyprojectToml(of_facts({"project": table, "dependency-groups": {"dev": []}}))
    manifest.check_selection(Selection(frozenset({"a"}), frozenset({"dev"})))

    with pytest.raises(SelectionUnknown) as caught:
        manifest.check_selection(Selection(frozenset({"d", "c", "a"})))

    assert ("BP_FUNCTION_EXTRAS", "c, d", FOLDER / "pyproject.toml", ("a", "b")) == (
        caught.value.name,
        caught.value.found,
        caught.value.path,
        caught.value.known,
    )


def test_check_selection_unknown_extras() -> None:
    """A name that only the build backend knows is not checked."""
    SetupPy(of_facts()).check_selection(Selection(frozenset({"any"})))


@pytest.mark.parametrize(
    ("manifest", "groups"), [(PyprojectToml, {"dev", "docs"}), (NoManifest, {"dev"})]
)
def test_check_selection_of_poetry(manifest: type[Manifest], groups: set[str]) -> None:
    """A group of Poetry is an error without its lock."""
    declared = {"dependency-groups": {"docs": []}, "tool": {"poetry": {"group": {"dev": {}}}}}

    with pytest.raises(LockMissing) as caught:
        manifest(of_facts(declared)).check_selection(Selection(groups=frozenset(groups)))

    assert ("poetry.lock", ("dev",)) == (caught.value.lock, caught.value.groups)


def test_check_selection_of_others() -> None:
    """A file that comes before pyproject.toml has no group of Poetry's."""
    manifest = RequirementsTxt(of_facts({"tool": {"poetry": {"group": {"dev": {}}}}}))

    with pytest.raises(SelectionUnknown) as caught:
        manifest.check_selection(Selection(groups=frozenset({"dev"})))

    assert () == caught.value.known


@pytest.mark.parametrize(
    ("manifest", "python", "lines"),
    [
        (PoetryLock(of_facts(), POETRY_LOCK), "3.13.5", ("a==1",)),
        (PoetryLock(of_facts(), POETRY_LOCK), "3.12.1", ("a==1", "c==1")),
        (
            PipfileLock(of_facts(), {"_meta": {}, "default": {"a": {"version": "==1"}}}),
            "3.13.5",
            ("a==1",),
        ),
        (
            PipfileLock(of_facts(), {"default": {"a": {"path": "a"}}, "data": {"b": {}}}),
            "3.13.5",
            ("a @ file:///w/a", "b"),
        ),
        (PoetryLock(of_facts(), {}), "3.13.5", ()),
        (
            PoetryLock(of_facts({"tool": {"poetry": OF_POETRY_1}}), POETRY_1_LOCK),
            "3.13.5",
            ("a==1", "b @ file:///w/b"),
        ),
        (UvLock(of_facts()), "3.13.5", ()),
    ],
)
def test_locked(manifest: Manifest, python: str, lines: tuple[str, ...]) -> None:
    """Locks that uv does not read are requirements; the function's Python decides markers."""
    assert lines == manifest.locked(Selection(groups=frozenset({"data"})), python)


DECLARED = {"project": {"dependencies": ["PyTest", "pytest_asyncio>=1", "a", "not valid !"]}}
LINES = ("-r x", "# y", "Ruff>1", "a", "mypy==1 --hash=x")


@pytest.mark.parametrize(
    ("manifest", "locked", "found"),
    [
        (PyprojectToml(of_facts(DECLARED)), (), ("pytest", "pytest-asyncio")),
        (UvLock(of_facts(DECLARED)), (), ("pytest", "pytest-asyncio")),
        (
            Pylock(of_facts(), {"packages": [{"name": "coverage"}, {"name": "a"}]}),
            (),
            ("coverage",),
        ),
        (Pylock(of_facts(), {}), (), ()),
        (RequirementsTxt(of_facts(), {"lines": LINES}), (), ("mypy", "ruff")),
        (PoetryLock(of_facts()), LINES, ("mypy", "ruff")),
        (NoManifest(of_facts(DECLARED)), (), ()),
    ],
)
def test_for_tests(manifest: Manifest, locked: tuple[str, ...], found: tuple[str, ...]) -> None:
    """Packages for tests are found in all formats."""
    assert found == for_tests(manifest.requirements(locked))


@pytest.mark.parametrize(
    ("lines", "is_pinned"), [(("a==1 --hash=x",), True), (("a==1",), False), ((), False)]
)
def test_is_pinned(lines: tuple[str, ...], *, is_pinned: bool) -> None:
    """Requirements with hashes are as good as a lock."""
    assert is_pinned == RequirementsTxt(of_facts(), {"lines": lines}).is_pinned


GROUPS = {"dev": ["pytest"], "Prod_A": ["idna"], "data": [], "c": [], "unit-tests": []}


@pytest.mark.parametrize(
    ("manifest", "tool", "expected"),
    [
        (UvLock, {"uv": {"default-groups": ["dev", "Prod_A", "unit-tests"]}}, ("prod-a",)),
        (PyprojectToml, {"uv": {"default-groups": "all"}}, ("data", "prod-a")),
        (UvLock, {}, ()),
        (
            PoetryLock,
            {"poetry": {"group": {"prod-a": {}, "docs": {}, "b": {"optional": True}, "c": {}}}},
            ("prod-a",),
        ),
        (RequirementsTxt, {"uv": {"default-groups": ["prod-a"]}}, ()),
        (NoManifest, {"uv": {"default-groups": ["prod-a"]}}, ()),
    ],
)
def test_skipped_groups(
    manifest: type[Manifest], tool: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """Groups that the tool installs by default are known, except those for development."""
    made = manifest(of_facts({"dependency-groups": GROUPS, "tool": tool}))

    assert expected == made.skipped_groups(Selection(groups=frozenset({"c"})))


def test_selecting() -> None:
    """The settings that would install a package are known, by its name."""
    pyproject = {
        "project": {"optional-dependencies": {"net": ["Idna>=3", "six"], "math": ["numpy"]}},
        "dependency-groups": {"prod": ["idna", {"include-group": "dev"}], "dev": ["not valid!"]},
        "tool": {"poetry": {"group": {"old": {"dependencies": {"idna": "*"}}}}},
    }

    found = PyprojectToml(of_facts(pyproject)).settings_for("idna")

    assert ("BP_FUNCTION_EXTRAS=net", "BP_FUNCTION_GROUPS=prod") == found


def test_selecting_of_poetry() -> None:
    """A group of Poetry's that the lock has is known, too."""
    groups = {"data": {"dependencies": {"Idna": "*"}}, "none": {}}
    lock = {"package": [{"name": "idna", "version": "1", "groups": ["data", "none"]}]}
    manifest = PoetryLock(of_facts({"tool": {"poetry": {"group": groups}}}), lock)

    assert ("BP_FUNCTION_GROUPS=data",) == manifest.settings_for("idna")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", True),
        ("Unit_Tests", True),
        ("requirements/my.docs.txt", True),
        ("device", False),
        ("prod", False),
    ],
)
def test_is_for_development(name: str, *, expected: bool) -> None:
    """A word of the name decides, whatever separates words."""
    assert expected == is_for_development(name)


@pytest.mark.parametrize(
    ("manifest", "lock", "found"),
    [
        (UvLock, {"package": 3}, "package is 3, but must be a list"),
        (Pylock, {"packages": ["a"]}, "packages[0] is 'a', but must be a table"),
        (PoetryLock, {"metadata": []}, "metadata is [], but must be a table"),
        (
            PoetryLock,
            {"package": [{"name": "a", "version": "1", "groups": 3}]},
            "package[0].groups is 3, but must be a list",
        ),
        (
            PoetryLock,
            {"package": [{"version": "1"}]},
            "package[0].name is missing, but must be text",
        ),
        (
            PoetryLock,
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
            PoetryLock,
            {"metadata": {"lock-version": "1.1"}, "package": [{"name": "a", "version": "1"}]},
            'lock-version = "1.1"; Poetry 1.5 to 1.8 write "2.0", Poetry 2 writes "2.1"',
        ),
        (
            PoetryLock,
            {"package": [{"name": "a", "version": "1"}]},
            'no lock-version; Poetry 1.5 to 1.8 write "2.0", Poetry 2 writes "2.1"',
        ),
        (PipfileLock, {"default": []}, "default is [], but must be a table"),
        (PipfileLock, {"default": {"a": {"git": "https://x"}}}, "'ref' is missing"),
    ],
)
def test_lock_of_another_shape(manifest: type[Manifest], lock: dict[str, Any], found: str) -> None:
    """An invalid value in a lock is an error with the command that locks again."""
    function = of_facts(has_pyproject=True)

    with pytest.raises(LockUnsupported) as caught:
        plan.make(Manifests(function, (manifest(function, lock),)), Settings(), "3.13.5")

    assert (FOLDER / manifest.name, manifest.command) == (caught.value.lock, caught.value.command)
    assert found == caught.value.found


def test_lock_with_a_text_of_another_kind() -> None:
    """The error of a parser becomes one line."""
    with pytest.raises(LockUnsupported) as caught, PipfileLock(of_facts()).reading():
        Marker("x [")

    assert "Expected a marker variable or quoted string x [ ^" == caught.value.found


def test_defect_elsewhere() -> None:
    """An error without a lock is not reported as an error of a lock."""
    with pytest.raises(KeyError), PyprojectToml(of_facts()).reading():
        raise KeyError


@pytest.mark.parametrize(
    ("manifest", "indexes"),
    [
        (PipfileLock(of_facts(), {}, {"source": [{"name": "corp", "url": "u"}]}), {"corp": "u"}),
        (
            PipfileLock(of_facts(), {"_meta": {"sources": [{"name": "corp", "url": "u"}]}}),
            {"corp": "u"},
        ),
        (PipfileLock(of_facts(), {"_meta": {}}, {"source": {}}), {}),
        (
            PoetryLock(
                of_facts(),
                {
                    "package": [
                        {"source": {"type": "legacy", "url": "u", "reference": "corp"}},
                        {"source": {"type": "git", "url": "https://h/x.git", "reference": "main"}},
                        {"name": "idna"},
                    ]
                },
            ),
            {"corp": "u"},
        ),
        (UvLock(of_facts()), {}),
    ],
)
def test_indexes(manifest: Manifest, indexes: dict[str, str]) -> None:
    """The indexes of all tools are read. A repository is not an index."""
    assert indexes == manifest.indexes


SELECTION = Selection(frozenset({"b", "a"}), frozenset({"develop", "c"}))


@pytest.mark.parametrize(
    ("manifest", "again"),
    [
        (
            PoetryLock(of_facts()),
            "poetry sync --no-root --only main,c,develop --extras a --extras b",
        ),
        (PipfileLock(of_facts()), "pipenv sync --categories 'packages c dev-packages'"),
        (
            UvLock(of_facts()),
            (
                "uv export --quiet --frozen --no-default-groups --no-emit-project --no-editable "
                "--extra a --extra b --group c --group develop | "
                "uv pip install --no-editable --no-deps --no-index --find-links wheels -r -"
            ),
        ),
    ],
)
def test_install_fails(tmp_path: Path, manifest: Manifest, again: str) -> None:
    """The error has the command of the format's own tool for the same installation."""

    def run(command: Any, **_: Any) -> Result:
        return Result(0 if "export" in command else 2, "error: x")

    source = PackageSource.folder(FOLDER / "wheels")
    uv = Uv.with_cache(run, {}, tmp_path).from_source(source)

    with pytest.raises(InstallFailed) as caught:
        manifest.install(Installation(tmp_path / "venv", FOLDER, uv, SELECTION))

    assert again == caught.value.command.splitlines()[-1]


def test_nothing_declared(tmp_path: Path) -> None:
    """Without declared dependencies, nothing is installed and there are no inputs."""
    undeclared = NoManifest(of_facts())
    around = ReferenceResolver(FOLDER, FOLDER, {})
    uv = Uv.with_cache(lambda *_, **__: Result(2, "error: x"), {}, tmp_path)

    undeclared.install(Installation(tmp_path, FOLDER, uv, Selection()))

    assert set() == undeclared.local_inputs(around)
    assert not undeclared.runs_backend(around, set())


def test_without_a_way_to_install() -> None:
    """A format must implement its installation."""
    with pytest.raises(NotImplementedError):
        Manifest(of_facts()).install(Installation(FOLDER, FOLDER, Uv(process.run, {}), Selection()))


@pytest.mark.parametrize(
    ("manifest", "path", "said"),
    [
        (RequirementsTxt, "../../common", "../../common"),
        (RequirementsTxt, "libs/common", "./libs/common"),
        (PyprojectToml, "../common", '[tool.uv.sources]\ncommon = { path = "../common" }'),
        (PoetryLock, "../common", '[tool.poetry.dependencies]\ncommon = { path = "../common" }'),
        (PipfileLock, "../common", '[packages]\ncommon = { path = "../common" }'),
        (NoManifest, "../common", "../common"),
    ],
)
def test_asking_for(manifest: type[Manifest], path: str, said: str) -> None:
    """The declaration of a package of the source has its path, in the format's form."""
    assert manifest(of_facts()).declaration_of("common", path).endswith(said)


def test_check_selection_unknown_group() -> None:
    """A group that neither the standard tables nor Poetry's have is unknown."""
    manifest = PyprojectToml(of_facts({"dependency-groups": {"dev": []}}))

    with pytest.raises(SelectionUnknown) as caught:
        manifest.check_selection(Selection(groups=frozenset({"docs"})))

    assert ("docs", ("dev",)) == (caught.value.found, caught.value.known)


@pytest.mark.parametrize("has_pyproject", [True, False])
def test_install_from_setup_cfg(tmp_path: Path, *, has_pyproject: bool) -> None:
    """uv sees a project where there is a pyproject.toml, so a missing one is made."""
    (tmp_path / "setup.cfg").write_text("[options]\n")
    files = {"function.py": "", **({"pyproject.toml": "[tool.x]\n"} if has_pyproject else {})}
    manifest = SetupCfg(read(tmp_path, files))
    uv = Uv.with_cache(lambda *_, **__: Result(0, ""), {}, tmp_path)

    manifest.install(Installation(tmp_path / "venv", tmp_path, uv, Selection()))

    expected = "[tool.x]\n" if has_pyproject else ""
    assert expected == (tmp_path / "pyproject.toml").read_text()


@dataclass
class RecordedUv:
    """Records the commands of uv with their folders, and the text of a temporary last argument."""

    exported: str = ""
    said: Result = field(default_factory=lambda: Result(0, ""))
    commands: list[tuple[Path, str]] = field(default_factory=list)

    def __call__(self, command: Sequence[str | Path], *, cwd: Path, **_: object) -> Result:
        """Record a command. An export writes its file."""
        *words, last = map(str, command)
        if "export" in words:
            Path(last).write_text(self.exported)
            last = "FILE"
        elif last.endswith("-requirements.txt"):
            last = Path(last).read_text()
        self.commands.append((cwd, " ".join([*words, last])))
        return self.said

    def install(
        self, manifest: Manifest, locked: tuple[str, ...] = (), **environ: str
    ) -> list[tuple[Path, str]]:
        """Install from a manifest with an extra and two groups, and return the commands."""
        uv = Uv.with_cache(self, environ, Path("/cache"))
        manifest.install(Installation(Path("/venv"), FOLDER, uv, SELECTED, locked))
        return self.commands


SELECTED = Selection(frozenset({"a"}), frozenset({"c"}))
PIP_INSTALL = "uv pip install --no-editable"
PYTHON = "--python /venv/bin/python"
HASHED = ("a==1 --hash=sha256:1", "b @ https://host/b.whl")


@pytest.mark.parametrize(
    ("manifest", "command"),
    [
        (
            UvLock(of_facts()),
            (
                "uv sync --locked --no-default-groups --no-install-project --no-editable "
                f"{PYTHON} --extra a --group c"
            ),
        ),
        (
            Pylock(of_facts()),
            (
                f"{PIP_INSTALL} --preview-features pylock {PYTHON} --extra a --group c "
                "-r /w/pylock.toml"
            ),
        ),
        (
            PyprojectToml(of_facts()),
            f"{PIP_INSTALL} {PYTHON} --extra a --group c -r /w/pyproject.toml",
        ),
        (SetupPy(of_facts()), f"{PIP_INSTALL} {PYTHON} --extra a --group c -r /w/setup.py"),
    ],
)
def test_install_what_uv_reads(manifest: Manifest, command: str) -> None:
    """uv installs its own formats with the selection, in the function's folder."""
    assert [(FOLDER, command)] == RecordedUv().install(manifest)


@pytest.mark.parametrize("manifest", [PoetryLock(of_facts()), PipfileLock(of_facts())])
@pytest.mark.parametrize(
    ("locked", "options"),
    [
        (HASHED, " --index-strategy unsafe-best-match"),
        (("--index-url https://host/", *HASHED), " --index-strategy unsafe-best-match"),
        ((*HASHED, "c==1"), ""),
        (("c==1",), ""),
    ],
)
def test_install_locked(manifest: Manifest, locked: tuple[str, ...], options: str) -> None:
    """A lock is installed without further packages. With hashes, any index will do."""
    text = "\n".join(locked)

    assert [(FOLDER, f"{PIP_INSTALL} {PYTHON} --no-deps{options} -r {text}")] == (
        RecordedUv().install(manifest, locked)
    )


def test_install_requirements(tmp_path: Path) -> None:
    """requirements.txt is installed by uv itself, in the function's folder."""
    recorded = RecordedUv()
    manifest = RequirementsTxt(read(tmp_path, {"function.py": "", "requirements.txt": "idna"}))
    uv = Uv.with_cache(recorded, {}, Path("/cache"))

    manifest.install(Installation(Path("/venv"), tmp_path, uv, Selection()))

    expected = f"{PIP_INSTALL} {PYTHON} -r {tmp_path}/requirements.txt"
    assert [(tmp_path, expected)] == recorded.commands


def test_install_copies_of_requirements(tmp_path: Path) -> None:
    """uv gets copies of what it would read otherwise than pip, and errors have the real paths."""
    project = read(tmp_path, {"function.py": "", "more.txt": "idna"})
    (tmp_path / "requirements.txt").write_text("a \\\n==1\n-r ${MORE}.txt\n")
    copied = []

    def run(command: Sequence[str | Path], **_: object) -> Result:
        copied.append(Path(command[-1]).with_name("more.txt").read_text())
        return Result(1, f"error: No solution found for {command[-1]}")

    uv = Uv.with_cache(run, {"MORE": "more"}, tmp_path)

    with pytest.raises(RequirementsUnsolvable) as caught:
        RequirementsTxt(project, {"lines": ()}).install(
            Installation(Path("/venv"), tmp_path, uv, Selection())
        )

    path = tmp_path / "requirements.txt"
    assert (path, f"error: No solution found for {path}") == (
        caught.value.path,
        caught.value.explanation,
    )
    assert ["idna"] == copied


@pytest.mark.parametrize(
    ("pyproject", "line", "expected"),
    [
        ("[project]\nname = 'x'\ndynamic = ['dependencies']\n", "-e .", True),
        ("[project]\nname = 'x'\ndynamic = ['dependencies']\n", "idna", False),
        ("[project]\nname = 'x'\ndependencies = []\n", "-e .", False),
        ("[project]\nname = 'x'\ndependencies = ['a @ file://${A}']\n", "-e .", False),
    ],
)
def test_requirements_run_a_backend(
    tmp_path: Path, pyproject: str, line: str, *, expected: bool
) -> None:
    """A backend runs if requirements.txt has the own project, with computed dependencies."""
    files = {"function.py": "", "pyproject.toml": pyproject, "requirements.txt": line}
    manifest = RequirementsTxt(read(tmp_path, files))
    around = ReferenceResolver(tmp_path, tmp_path, {"A": "/a"})

    assert expected == manifest.runs_backend(around, manifest.local_inputs(around))


def test_local_inputs_of_an_empty_lock(tmp_path: Path) -> None:
    """A lock without packages is the only file that decides."""
    around = ReferenceResolver(tmp_path, tmp_path, {})

    assert {FOLDER / "uv.lock"} == UvLock(of_facts(), {}).local_inputs(around)


def test_install_locked_with_credentials() -> None:
    """Variables in the address of an index have their values; a requirement stays as it is."""
    locked = ("--index-url https://$USER:${PASS}@host/", "a @ https://$USER@host/a.whl")

    [(_, command)] = RecordedUv().install(PipfileLock(of_facts()), locked, USER="me", PASS="p@ss")

    assert command.endswith("-r --index-url https://me:p%40ss@host/\na @ https://$USER@host/a.whl")


def test_install_uv_lock_without_an_index(tmp_path: Path) -> None:
    """Without an index, the packages of uv.lock are written to a list, which is installed."""
    recorded = RecordedUv(exported="a==1")
    uv = Uv.with_cache(recorded, {}, tmp_path).from_source(PackageSource.folder(tmp_path))

    UvLock(of_facts()).install(Installation(Path("/venv"), FOLDER, uv, SELECTED))

    export = "uv export --quiet --frozen --no-default-groups --no-emit-project --no-editable"
    links = f"--no-index --find-links {tmp_path}"
    assert [
        (FOLDER, f"{export} --extra a --group c --output-file FILE"),
        (FOLDER, f"{PIP_INSTALL} {PYTHON} --no-deps {links} -r a==1"),
    ] == recorded.commands


@pytest.mark.parametrize("format_", [UvLock, Pylock, PoetryLock, PipfileLock, PyprojectToml])
def test_install_names_its_file(format_: type[Manifest]) -> None:
    """An error of uv names the manifest, and the selected extras and groups."""
    conflict = Result(1, "error: extras `a` and `b` are incompatible with the declared conflicts")

    with pytest.raises(SelectionConflict) as caught:
        RecordedUv(said=conflict).install(format_(of_facts()))

    assert FOLDER / format_.name == caught.value.path
    assert ("BP_FUNCTION_EXTRAS=a", "BP_FUNCTION_GROUPS=c") == caught.value.settings


def test_install_uv_lock_without_an_index_names_its_file(tmp_path: Path) -> None:
    """An error of the second step names uv.lock and the selection, and not the list."""

    def run(command: Sequence[str | Path], **_: object) -> Result:
        said = "error: extras `a` and `b` are incompatible with the declared conflicts"
        return Result(0 if "export" in command else 1, said)

    uv = Uv.with_cache(run, {}, tmp_path).from_source(PackageSource.folder(tmp_path))

    with pytest.raises(SelectionConflict) as caught:
        UvLock(of_facts()).install(Installation(Path("/venv"), FOLDER, uv, SELECTED))

    assert FOLDER / "uv.lock" == caught.value.path
    assert ("BP_FUNCTION_EXTRAS=a", "BP_FUNCTION_GROUPS=c") == caught.value.settings


def test_install_names_poetrys_variables() -> None:
    """An index that refuses access is named with the variables that Poetry has for it."""
    refused = Result(1, "error: Failed to fetch: `https://host/a`\n  401 Unauthorized")
    uv = Uv.with_cache(lambda *_, **__: refused, {}, Path("/cache"))

    with pytest.raises(IndexRefused) as caught:
        PoetryLock(of_facts()).install(
            Installation(Path("/venv"), FOLDER, uv.with_indexes({"my": "https://host/"}), SELECTED)
        )

    expected = ("POETRY_HTTP_BASIC_MY_USERNAME", "POETRY_HTTP_BASIC_MY_PASSWORD")
    assert expected == caught.value.variables


@pytest.mark.parametrize(
    ("manifest", "made_from", "found"),
    [
        (PoetryLock(of_facts(), {"package": []}), "pyproject.toml", ""),
        (PipfileLock(of_facts(), {}, {}), "Pipfile", ""),
        (
            Pylock(of_facts({"project": {"dependencies": ["a>=2", "b"]}}), LOCKED),
            "pyproject.toml",
            "not locked: a>=2, b",
        ),
        (Pylock(of_facts(IDNA), {}), "pyproject.toml", "not locked: a>=1"),
    ],
)
def test_outdated(manifest: Manifest, made_from: str, found: str) -> None:
    """The error of an outdated lock has both files, and the missing requirements if known."""
    with pytest.raises(LockOutdated) as caught:
        manifest.check("3.13.5")

    error = caught.value
    assert (manifest.path, FOLDER / made_from, found) == (error.lock, error.project, error.found)


@pytest.mark.parametrize(
    ("manifest", "file", "lock", "command"),
    [
        (PyprojectToml(of_facts({"tool": OF_POETRY})), "pyproject.toml", "poetry.lock", "poetry"),
        (NoManifest(of_facts({"tool": OF_POETRY})), "pyproject.toml", "poetry.lock", "poetry"),
    ],
)
def test_lock_missing(manifest: Manifest, file: str, lock: str, command: str) -> None:
    """The error of a missing lock has the file, the lock and the command that creates it."""
    with pytest.raises(LockMissing) as caught:
        manifest.check("3.13.5")

    error = caught.value
    assert (FOLDER / file, lock, f"{command} lock") == (error.path, error.lock, error.command)
