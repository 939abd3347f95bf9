"""The files that decide what is installed."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from function_buildpack.layers.dependencies import layer_key
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.manifests import poetry_lock, registry
from function_buildpack.plan import plan
from function_buildpack.source import project, workspace
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.settings import Selection, Settings

PYPROJECT = "[project]\nname = 'x'\ndependencies = ['a']\n"
UV_LOCK = """
[[package]]
name = "x"
source = { editable = "." }
dependencies = [{ name = "a" }, { name = "i" }]
[package.optional-dependencies]
more = [{ name = "b" }]
[package.dev-dependencies]
dev = [{ name = "c" }]
[[package]]
name = "a"
source = { directory = "libs/a" }
[[package]]
name = "b"
source = { editable = "../b" }
[[package]]
name = "c"
source = { path = "c.whl" }
[[package]]
name = "unused"
source = { editable = "unused" }
[[package]]
name = "i"
source = { registry = "https://example.org/simple" }
"""


VARIABLES = {"BASE": "more", "LIBS": "libs"}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def made(folder: Path, files: dict[str, str], selection: Selection | None = None) -> Inputs:
    """Write files and plan the function in `fn`, with some variables and that of the shell."""
    write(folder, {"fn/function/__init__.py": "", **files})
    settings = Settings(selection=selection or Selection())
    planned = plan.make(
        registry.read(project.read(workspace.locate(folder, "fn"))), settings, "3.13.5"
    )
    around = ReferenceResolver(folder, folder / "fn", {"PWD": str(folder), **VARIABLES})
    return Inputs(planned, around)


def found(folder: Path, files: dict[str, str]) -> set[str]:
    """Return the files that decide, relative to the folder."""
    return {str(path.relative_to(folder)) for path in made(folder, files).files}


def test_nothing(tmp_path: Path) -> None:
    """Without declared dependencies there are no inputs."""
    assert "" == made(tmp_path, {}).digest
    assert set() == found(tmp_path, {})


def test_uv_lock(tmp_path: Path) -> None:
    """A lock, and the local packages in it that something depends on; not the project itself."""
    files = {
        "fn/pyproject.toml": PYPROJECT,
        "fn/uv.lock": UV_LOCK,
        "fn/libs/a/deep/a.txt": "",
        "fn/c.whl": "",
        "fn/unused/x": "",
        "b/x": "",
    }

    assert {"fn/uv.lock", "fn/libs/a/deep/a.txt", "fn/c.whl", "b/x"} == found(tmp_path, files)


def test_pylock(tmp_path: Path) -> None:
    """A lock of another tool, and the paths in it."""
    lock = """
packages = [
    { name = "a", directory = { path = "libs/a", editable = true } },
    { name = "b", wheels = [{ path = "b.whl" }, { url = "https://example.org/b.whl" }] },
]
"""
    files = {"fn/pylock.toml": lock, "fn/libs/a/x": "", "fn/b.whl": "", "fn/other": ""}

    assert {"fn/pylock.toml", "fn/libs/a/x", "fn/b.whl"} == found(tmp_path, files)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (
            {
                "fn/pyproject.toml": "[tool.poetry.dependencies]\na = { path = '../a' }\n",
                "fn/poetry.lock": (
                    "[[package]]\nname = 'a'\nversion = '1'\ngroups = ['main']\n"
                    "[package.source]\ntype = 'directory'\nurl = '../a'\n"
                    "[metadata]\ncontent-hash = '{hash}'\n"
                ),
            },
            {"fn/poetry.lock", "a/x"},
        ),
        (
            {"fn/Pipfile.lock": '{"default": {"a": {"path": "../a"}}}'},
            {"fn/Pipfile.lock", "a/x"},
        ),
    ],
)
def test_other_locks(tmp_path: Path, files: dict[str, str], names: set[str]) -> None:
    """The locks of Poetry and Pipenv, and the paths in them, which are relative to the function."""
    declared = Pyproject(tomllib.loads(files.get("fn/pyproject.toml", "")))
    digest = poetry_lock._content_hash(declared, {})  # noqa: SLF001 -- Poetry's, see its test
    here = {name: text.replace("{hash}", digest) for name, text in files.items()}

    assert names == found(tmp_path, {**here, "a/x": "", "fn/unused": ""})


@pytest.mark.parametrize(
    ("line", "decides"),
    [
        ("-r more.txt", {"more.txt", "deep/most.txt"}),
        ("--requirement=more.txt", {"more.txt", "deep/most.txt"}),
        ("-c more.txt", {"more.txt", "deep/most.txt"}),
        ("-e ./lib[extra]", {"lib/x"}),
        ("--find-links wheels", {"wheels/a.whl"}),
        ("a @ file:./lib", {"lib/x"}),
        ("a @ file://{folder}/fn/lib", {"lib/x"}),
        ("a # see / and ./lib", set()),
        ("# -r more.txt", set()),
        ("a --hash=sha256:1 --option / ..", set()),
    ],
)
def test_requirements(tmp_path: Path, line: str, decides: set[str]) -> None:
    """A requirements file counts with its includes and the paths in it, but not in comments."""
    files = {
        "fn/requirements.txt": line.format(folder=tmp_path),
        "fn/more.txt": "-r deep/most.txt",
        "fn/deep/most.txt": "-r ../more.txt\n-r missing.txt",
        "fn/lib/x": "",
        "fn/wheels/a.whl": "",
    }

    assert {"fn/requirements.txt", *(f"fn/{name}" for name in decides)} == found(tmp_path, files)


def test_requirements_of_the_folder_around(tmp_path: Path) -> None:
    """The folder above the function counts if it is a project."""
    files = {"fn/requirements.txt": "-e ..", "setup.py": ""}

    assert {"fn/requirements.txt", "setup.py", "fn/function/__init__.py"} == found(tmp_path, files)


def test_pyproject(tmp_path: Path) -> None:
    """The tables have static dependencies. Paths in uv's sources count at any depth."""
    assert set() == found(tmp_path, {"fn/pyproject.toml": PYPROJECT})

    sources = PYPROJECT + "[tool.uv.sources]\na = {{ path = '{}' }}\n"
    files = {
        "fn/pyproject.toml": sources.format("../a"),
        "a/pyproject.toml": sources.format("../b"),
        "b/pyproject.toml": sources.format("../a") + "c = [{ path = 'c' }]\n",
        "b/c/x": "",
    }
    assert {"a/pyproject.toml", "b/pyproject.toml", "b/c/x"} == found(tmp_path, files)


def test_pyproject_of_a_workspace(tmp_path: Path) -> None:
    """If a source is a member of the workspace, all members count."""
    root = "[tool.uv.workspace]\nmembers = ['fn', 'libs/*']\nexclude = ['libs/c']\n"
    files = {
        "fn/pyproject.toml": f"{PYPROJECT}[tool.uv.sources]\na = {{ workspace = true }}\n",
        "pyproject.toml": root,
        "libs/a/x": "",
        "libs/b/x": "",
        "libs/c/x": "",
    }

    assert {"pyproject.toml", "libs/a/x", "libs/b/x"} == found(tmp_path, files)


@pytest.mark.parametrize(
    "files",
    [
        {"fn/pyproject.toml": "[project]\nname = 'x'\ndynamic = ['dependencies']\n"},
        {"fn/pyproject.toml": "[build-system]\n"},
        {"fn/setup.py": ""},
        {"fn/setup.cfg": "[options]\n"},
    ],
)
def test_dynamic(tmp_path: Path, files: dict[str, str]) -> None:
    """A build backend may read any file, so all files count except the function's sources."""
    files = files | {"fn/deps/base.txt": "", "fn/other.py": "", "fn/function/data.txt": ""}

    assert set(files) == found(tmp_path, files)


@pytest.mark.parametrize(
    ("line", "decides"),
    [
        ("aaa @ file://${{PWD}}/libs/aaa", True),
        ("aaa @ file:///${{PROJECT_ROOT}}/../libs/aaa", True),
        ("aaa @ file:///${{PROJECT_ROOT}}/../${{LIBS}}/aaa ; python_version > '3'", True),
        ("${{PROJECT_ROOT}}/../libs/aaa", True),
        ("aaa @ file://localhost{folder}/libs/aaa", True),
        ("-e file:../libs/aaa#egg=aaa", True),
        ("aaa[more] @ file:../libs%2Faaa --hash=sha256:1", True),
        ("aaa @ git+file://{folder}/libs/aaa@v1#egg=aaa", True),
        ("-e \\\n../libs/aaa", True),
        ("aaa @ file:///${{UNSET}}/libs/aaa", False),
        ("aaa @ file:///${{pwd}}/libs/aaa", False),
        ("aaa @ https://example.org/../../../../libs/aaa", False),
        ("# ../libs/aaa", False),
        (f"{'a' * 300} --hash=sha256:{'1' * 300}", False),
    ],
)
def test_spellings(tmp_path: Path, line: str, decides: bool) -> None:
    """A path counts in all spellings that uv reads, with uv's variables."""
    declared = line.format(folder=tmp_path)
    files = {"fn/requirements.txt": declared, "libs/aaa/x": ""}

    assert decides == ("libs/aaa/x" in found(tmp_path, files))


@pytest.mark.parametrize(
    "line",
    [
        "aaa @ file:my%20libs/aaa",
        "./my libs/aaa",
        "./my libs/aaa[more]",
        "-e ./my libs/aaa ; python_version > '3'",
        "--find-links=my libs",
        "-r my libs/aaa/x",
    ],
)
def test_spaces(tmp_path: Path, line: str) -> None:
    """A path may have spaces."""
    files = {"fn/requirements.txt": line, "fn/my libs/aaa/x": ""}

    assert set(files) == found(tmp_path, files)


@pytest.mark.parametrize("line", ["-r ${BASE}.txt", "-c '${BASE}.txt'", '-r "${BASE}.txt"'])
def test_include_by_variable(tmp_path: Path, line: str) -> None:
    """A file that is included with a variable counts, and so do its own includes."""
    files = {"fn/requirements.txt": line, "fn/more.txt": "-r ${BASE}/most.txt"}
    files |= {"fn/more/most.txt": ""}

    assert set(files) == found(tmp_path, files)


POETRY = """
[tool.poetry]
include = [{{ path = "function/data.txt", format = "sdist" }}]
[tool.poetry.dependencies]
idna = "*"
pb = {{ path = "{}" }}
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""
SOURCES = """
[project]
name = "aaa"
dependencies = ["bbb"]
[tool.uv]
find-links = ["wheels"]
[tool.uv.sources]
bbb = {{ path = "{}" }}
"""


@pytest.mark.parametrize(
    "aaa",
    [
        SOURCES.format("../bbb"),
        POETRY.format("../bbb"),
        "[project]\ndependencies = ['bbb @ file:../bbb']",
        "[project]\ndependencies = ['bbb @ file://${PWD}/libs/bbb ; python_version > \"3\"']",
        "[project]\ndependencies = ['bbb @ file:///${PROJECT_ROOT}/../bbb']",
        "[project]\nname = 'aaa'\n[project.optional-dependencies]\nb = ['bbb @ file:../bbb']",
        "[project]\nname = 'aaa'\n[dependency-groups]\nb = ['bbb @ file:../bbb']",
        "[project]\nname = 'aaa'\n[build-system]\nrequires = ['bbb @ file:../bbb']",
    ],
)
def test_local_packages_in_turn(tmp_path: Path, aaa: str) -> None:
    """Paths in local packages count recursively, in all forms."""
    files = {
        "fn/requirements.txt": "../libs/aaa",
        "libs/aaa/pyproject.toml": aaa,
        "libs/bbb/pyproject.toml": SOURCES.format("../ccc"),
        "libs/bbb/wheels/x.whl": "",
        "libs/ccc/pyproject.toml": SOURCES.format("../aaa"),
    }

    assert set(files) == found(tmp_path, files | {"fn/other.txt": "", "libs/ddd/x": ""})


@pytest.mark.parametrize(
    "package",
    [
        {"libs/aaa/setup.py": ""},
        {"libs/aaa/setup.cfg": "[options]"},
        {"libs/aaa/pyproject.toml": "[project]\ndynamic = ['dependencies']"},
        {"libs/aaa/pyproject.toml": "[project]\ndynamic = ['optional-dependencies']"},
        {"libs/aaa/pyproject.toml": "[project]\ndependencies = ['b @ {root:uri}/../bbb']"},
        {"libs/aaa/pyproject.toml": "[tool.poetry]\nname = 'aaa'"},
    ],
)
@pytest.mark.parametrize(
    "statement",
    [
        {"fn/requirements.txt": "../libs/aaa"},
        {"fn/pyproject.toml": SOURCES.format("../libs/aaa")},
    ],
)
def test_local_packages_that_compute(
    tmp_path: Path, package: dict[str, str], statement: dict[str, str]
) -> None:
    """If a local package computes its dependencies, the whole source counts."""
    files = {**package, **statement, "shared/x": "", "fn/other.py": ""}
    others = {"fn/function/more.py": "", ".git/x": "", "libs/.git": ""}

    assert set(files) == found(tmp_path, files | others)


@pytest.mark.parametrize(
    "tables",
    [
        "dependencies = ['aaa @ file://{folder}/libs/aaa']",
        "[project.optional-dependencies]\na = ['aaa @ file://{folder}/libs/aaa']",
        "[dependency-groups]\na = ['aaa @ file:../libs/aaa']",
        "[tool.uv.sources]\na = [{{ path = '../libs/aaa', marker = 'm' }}]",
        "[tool.uv]\nfind-links = ['../libs/aaa']",
        "[tool.uv]\nconstraint-dependencies = ['aaa @ file:../libs/aaa']",
    ],
)
def test_pyproject_tables(tmp_path: Path, tables: str) -> None:
    """Each table of a static pyproject.toml with local paths counts."""
    declared = f"[project]\nname = 'x'\n{tables.format(folder=tmp_path)}\n"
    declared = (
        declared
        if "\ndependencies" in declared
        else declared.replace("'x'", "'x'\ndependencies=[]")
    )
    files = {"fn/pyproject.toml": declared, "libs/aaa/x": "", "fn/other.txt": ""}

    assert {"libs/aaa/x"} == found(tmp_path, files)


def test_pyproject_of_poetry(tmp_path: Path) -> None:
    """Poetry's table has all dependencies, so the function's own files do not count."""
    files = {"fn/pyproject.toml": POETRY.format("../libs/pb"), "libs/pb/x": ""}
    others = {"fn/function/data.txt": "", "fn/other.txt": ""}

    assert set(files) == found(tmp_path, files | others)


def test_workspace_of_a_local_package(tmp_path: Path) -> None:
    """For a member of a workspace, all members, the root and shared sources count."""
    root = """
[project]
name = "Root"
[tool.uv.workspace]
members = ["a", "b"]
[tool.uv.sources]
bbb = { path = "vendor/bbb" }
"""
    member = "[project]\nname = '{}'\n[tool.uv.sources]\n{} = {{ workspace = true }}\n"
    files = {
        "fn/requirements.txt": "../libs/a",
        "libs/pyproject.toml": root,
        "libs/a/pyproject.toml": member.format("a", "b"),
        "libs/b/pyproject.toml": "[project]\nname = 'b'\n",
        "libs/vendor/bbb/x": "",
    }

    assert set(files) == found(tmp_path, files | {"libs/other": ""})
    assert {*files, "libs/other"} == found(
        tmp_path, files | {"libs/a/pyproject.toml": member.format("a", "root")}
    )


def test_links(tmp_path: Path) -> None:
    """Links to folders of the source are followed, also in circles. Others count themselves."""
    outside = tmp_path / "outside"
    write(outside, {"x": ""})
    app = tmp_path / "app"
    files = {"fn/requirements.txt": "../libs/aaa", "shared/t.txt": "", "libs/aaa/inner/x": ""}
    write(app, files)
    (app / "libs/aaa/data").symlink_to("../../shared")
    (app / "libs/aaa/inner/up").symlink_to("..")
    (app / "libs/aaa/self").symlink_to("self")
    (app / "libs/aaa/missing").symlink_to("nowhere")
    (app / "libs/aaa/out").symlink_to(outside)
    (app / "shared/back").symlink_to("../libs/aaa")
    links = {"libs/aaa/data", "libs/aaa/inner/up", "libs/aaa/out", "shared/back"}

    assert {*files, *links} == found(app, files)


def test_links_lead_elsewhere(tmp_path: Path) -> None:
    """The target of a link counts, relative to the source or as it is written."""
    files = {"fn/requirements.txt": "../libs/aaa", "libs/aaa/1/x": "", "libs/aaa/2/x": ""}
    digests = []
    for name, target in [("a", "1"), ("b", "{app}/libs/aaa/1"), ("c", "2"), ("d", "/usr")]:
        app = tmp_path / name
        write(app, files)
        (app / "libs/aaa/data").symlink_to(target.format(app=app))
        digests.append(made(app, files).digest)

    assert digests[0] == digests[1]
    assert 3 == len(set(digests))


def test_digest_is_of_no_place(tmp_path: Path) -> None:
    """The same source has the same digest wherever it is, however one gets there, at any time."""
    files = {"fn/requirements.txt": "aaa @ file://${PWD}/libs/aaa", "libs/aaa/setup.py": ""}
    here, there = tmp_path / "here", tmp_path / "z" / "there"
    first = made(here, files).digest
    second = made(there, files).digest
    (tmp_path / "link").symlink_to(here)

    assert first == second == made(tmp_path / "link", files).digest


TABLES = """
[project]
name = "x"
description = "before"
requires-python = ">=3.11"
dependencies = ["a"]
[project.optional-dependencies]
more = ["b"]
[dependency-groups]
data = ["c"]
[tool.uv]
prerelease = "allow"
exclude-newer = 2026-01-01
[tool.ruff]
line-length = 100
"""


@pytest.mark.parametrize(
    ("old", "new", "decides"),
    [
        ('["a"]', '["z"]', True),
        ('["b"]', '["z"]', True),
        (">=3.11", ">=3.12", True),
        ('name = "x"', 'name = "x"\ndynamic = ["version"]', True),
        ("2026-01-01", "2026-01-02", True),
        ("before", "after", False),
        ("100", "80", False),
        ('["c"]', '["z"]', False),
        (
            'prerelease = "allow"\nexclude-newer = 2026-01-01',
            'exclude-newer = 2026-01-01\nprerelease = "allow"',
            False,
        ),
    ],
)
def test_digest_of_tables(tmp_path: Path, old: str, new: str, decides: bool) -> None:
    """The tables that decide what is installed count, whatever the order of their keys."""
    before = made(tmp_path / "a", {"fn/pyproject.toml": TABLES}).digest
    now = made(tmp_path / "b", {"fn/pyproject.toml": TABLES.replace(old, new)}).digest

    assert decides == (before != now)


def test_digest_of_a_selection(tmp_path: Path) -> None:
    """The selected extras and groups count, and then the groups' table does."""
    more = {"fn/pyproject.toml": TABLES.replace('["c"]', '["z"]')}
    extras, groups = Selection(extras=frozenset({"more"})), Selection(groups=frozenset({"data"}))
    files = {"fn/pyproject.toml": TABLES}
    digests = [
        made(tmp_path / "a", files).digest,
        made(tmp_path / "a", files, extras).digest,
        made(tmp_path / "a", files, groups).digest,
        made(tmp_path / "b", more, groups).digest,
    ]

    assert 4 == len(set(digests))


def test_digest_of_constraints(tmp_path: Path) -> None:
    """Constraints of the build count."""
    inputs = made(tmp_path, {"fn/pyproject.toml": TABLES})
    limited = replace(inputs.plan, constraints=("a<2",))

    assert inputs.digest != Inputs(limited, inputs.around).digest


def test_digest_of_a_lock_is_of_no_place(tmp_path: Path) -> None:
    """The digest of a lock does not depend on the folder of the source."""
    lock = {"default": {"a": {"path": "../libs/aaa"}}}
    files = {"fn/Pipfile.lock": json.dumps(lock), "libs/aaa/x": ""}
    here = made(tmp_path / "here", files)

    assert (f"a @ file://{tmp_path}/here/libs/aaa",) == here.plan.locked
    elsewhere = made(tmp_path / "there", files).digest
    assert elsewhere == here.digest


def test_settings(tmp_path: Path) -> None:
    """A setting counts together with the files that it names, in any folder."""
    for folder in (tmp_path / "a", tmp_path / "b"):
        write(folder, {"c.txt": "-c d.txt\n", "d.txt": "idna<3\n"})
    declared = {"UV_CONSTRAINT": "c.txt https://example.org/e.txt", "UV_RESOLUTION": "lowest"}

    def told_in(folder: Path) -> str:
        return layer_key.uv_settings(declared, ReferenceResolver(folder, folder, {}))

    told = told_in(tmp_path / "a")
    write(tmp_path, {"b/d.txt": "idna<4\n"})
    changed = told_in(tmp_path / "b")
    write(tmp_path, {"b/d.txt": "idna<3\n"})

    assert told.startswith("UV_CONSTRAINT=c.txt https://example.org/e.txt (")
    assert told.endswith("), UV_RESOLUTION=lowest")
    assert told != changed
    assert told == told_in(tmp_path / "b")


@pytest.mark.parametrize(
    ("files", "decides"),
    [
        ({"fn/uv.toml": ""}, {"fn/uv.toml"}),
        ({"uv.toml": ""}, {"uv.toml"}),
        ({"pyproject.toml": "[tool.uv]\n", "uv.toml": ""}, {"uv.toml"}),
        ({"pyproject.toml": "[tool.uv]\n"}, {"pyproject.toml"}),
        ({"fn/pyproject.toml": "[tool.uv]\n", "uv.toml": ""}, set()),
        ({"fn/pyproject.toml": "[tool.uv]\n", "fn/uv.toml": ""}, {"fn/uv.toml"}),
    ],
)
def test_configuration(tmp_path: Path, files: dict[str, str], decides: set[str]) -> None:
    """uv's settings are in the nearest file. The tables have the function's own."""
    requirements = {"fn/requirements.txt": "a"}

    assert {"fn/requirements.txt", *decides} == found(tmp_path, requirements | files)


def test_built(tmp_path: Path) -> None:
    """The built folders are local packages, and the function if a backend computes it."""
    files = {
        "fn/requirements.txt": "./lib\n../other.whl\n",
        "fn/lib/pyproject.toml": PYPROJECT,
        "other.whl": "",
    }
    assert {tmp_path / "a/fn/lib"} == made(tmp_path / "a", files).built
    assert {tmp_path / "b/fn"} == made(tmp_path / "b", {"fn/setup.py": ""}).built
    assert set() == made(tmp_path / "c", {"fn/pyproject.toml": PYPROJECT}).built


def test_cache_keys(tmp_path: Path) -> None:
    """A local package names files out of its folder that its build reads."""
    keys = "[tool.uv]\ncache-keys = [{ file = '../VERSION' }]\n"
    files = {"requirements.txt": "./lib", "lib/pyproject.toml": PYPROJECT + keys, "VERSION": ""}

    names = {f"fn/{name}" for name in files}
    assert names == found(tmp_path, {f"fn/{name}": text for name, text in files.items()})


def test_package_with_code(tmp_path: Path) -> None:
    """Code of a local package may read any file of the source when it is built, a lock or not."""
    lock = "packages = [{ name = 'x', directory = { path = 'lib' } }]\n"
    files = {"fn/pylock.toml": lock, "fn/lib/pyproject.toml": PYPROJECT, "fn/any": ""}

    assert "fn/any" not in found(tmp_path, files)
    assert "fn/any" in found(tmp_path, {**files, "fn/lib/setup.py": ""})


def test_texts(tmp_path: Path) -> None:
    """The texts of manifests have expanded variables. Other files are not read."""
    files = {
        "fn/requirements.txt": "a @ git+https://${BASE}\n./lib\n./b.whl\n",
        "fn/lib/setup.py": "x",
        "fn/lib/lib.py": "y",
        "fn/b.whl": "z",
    }

    assert ["a @ git+https://more\n./lib\n./b.whl\n", "x"] == sorted(made(tmp_path, files).texts)


def test_remote_lists(tmp_path: Path) -> None:
    """Lists at an address are known, without credentials."""
    lists = "-r https://me:secret@example.org/a.txt\n-c https://example.org/b.txt\n-r c.txt\n"

    expected = {"https://example.org/a.txt", "https://example.org/b.txt"}
    assert expected == made(tmp_path, {"fn/requirements.txt": lists}).remote_lists


@pytest.mark.parametrize(
    ("file", "variable", "folder"),
    [
        ("etc/uv/uv.toml", "", ""),
        ("etc/xdg/uv/uv.toml", "", ""),
        ("etc/xdg/uv/uv.toml", "XDG_CONFIG_DIRS", ""),
        ("a/uv/uv.toml", "XDG_CONFIG_DIRS", "{root}/a"),
        ("a/uv/uv.toml", "XDG_CONFIG_HOME", "{root}/a"),
        ("home/.config/uv/uv.toml", "HOME", "{root}/home"),
        ("a.toml", "UV_CONFIG_FILE", "{root}/a.toml"),
    ],
)
def test_configuration_outside_the_source(
    tmp_path: Path, file: str, variable: str, folder: str
) -> None:
    """uv's settings of the platform, the user and the build image count."""
    environ = {variable: folder.format(root=tmp_path)} if variable else {}
    etc = tmp_path / "etc"
    assert "" == layer_key.uv_configuration(environ, etc)
    write(tmp_path, {file: "prerelease = 'allow'"})

    assert 8 == len(layer_key.uv_configuration(environ, etc))


def test_platforms_configuration(tmp_path: Path) -> None:
    """The platform's files with settings of uv count, without credentials."""
    write(
        tmp_path,
        {"uv/uv.toml": "prerelease = 'allow'", "other.toml": "index-url = 'https://a:b@c'"},
    )
    digest = layer_key.uv_configuration({"XDG_CONFIG_DIRS": f"/none:{tmp_path}"})
    other = {"UV_CONFIG_FILE": str(tmp_path / "other.toml")}
    named = layer_key.uv_configuration(other)
    write(tmp_path, {"other.toml": "index-url = 'https://a:d@c'"})

    assert "" == layer_key.uv_configuration({}, tmp_path / "none")
    assert (8, 8, True) == (len(digest), len(named), digest != named)
    assert named == layer_key.uv_configuration(other)


def test_executable(tmp_path: Path) -> None:
    """The executable bit counts, because a package keeps it."""
    files = {"fn/requirements.txt": "./lib", "fn/lib/setup.py": "", "fn/lib/run": ""}
    before = made(tmp_path, files).digest
    (tmp_path / "fn/lib/run").chmod(0o755)

    assert before != made(tmp_path, files).digest
