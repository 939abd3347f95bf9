"""bin/detect and bin/build with unusual files: what builds, and which errors there are."""

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.phases import Phase, Workspace

HANDLE = "async def handle(scope, receive, send): ...\n"
FUNCTION = {
    "func.yaml": "name: mine\nruntime: python\n",
    "function/__init__.py": "from .func import handle\n",
    "function/func.py": HANDLE,
}
PYPROJECT = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["idna==3.10"]\n'
MARK = b"\xef\xbb\xbf"  # that editors on Windows write in front of UTF-8

Change = Callable[[Path], object]


def build(tmp_path: Path, change: Change) -> tuple[Workspace, Phase]:
    """Build the function after a change, and check that detect passes without output."""
    workspace = Workspace.create(tmp_path, FUNCTION)
    change(workspace.app)
    detect = workspace.run("detect")
    assert (0, "") == (detect.status, detect.log)
    return workspace, workspace.run("build")


def linked(name: str, target: str) -> Change:
    """Create a link."""
    return lambda app: (app / name).symlink_to(target)


def written(name: str | bytes, content: bytes) -> Change:
    """Write a file. Its name may be any bytes."""

    def write(app: Path) -> None:
        path = Path(os.fsdecode(os.path.join(os.fsencode(app), os.fsencode(name))))  # noqa: PTH118
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    return write


def both(first: Change, second: Change) -> Change:
    """Make one change and then the other."""
    return lambda app: (first(app), second(app))


def rewritten(change: Callable[[bytes], bytes]) -> Change:
    """Change every file of a function that has one of each kind."""

    def rewrite(app: Path) -> None:
        (app / "pyproject.toml").write_text(PYPROJECT)
        (app / "requirements.txt").write_text("# both\nidna==3.10\n")
        for path in (path for path in app.rglob("*") if path.is_file()):
            path.write_bytes(change(path.read_bytes()))

    return rewrite


STRAY = "Note: These links are broken, or point outside the source: "
BUILDS: dict[str, tuple[Change, str]] = {
    "link to itself": (linked("data", "data"), f"{STRAY}data. The image"),
    "link to nothing": (
        linked("function/x.py", "/nowhere/x.py"),
        f"{STRAY}function/x.py. The image",
    ),
    "link out, absolute": (linked("data", "/etc"), f"{STRAY}data. The image"),
    "link out, relative": (linked("data", "../layers"), f"{STRAY}data. The image"),
    "link to the folder around": (linked("function/around", ".."), ""),
    "pipe": (lambda app: os.mkfifo(app / "function" / "pipe.py"), ""),
    "name in Latin-1": (written(b"data/caf\xe9.txt", b"x"), ""),
    "module's name in Latin-1": (written(b"function/caf\xe9.py", b"x = 1\n"), ""),
    "name in Latin-1 that is told": (
        written(b"caf\xe9.py", b"x = (\n"),
        r"Note: caf\udce9.py does not compile. The build continues",
    ),
    "name of two lines": (
        written("a\nERROR: forged.py", b"x = (\n"),
        r"Note: a\nERROR: forged.py does not compile",
    ),
    "source in Latin-1, which says so": (
        written("function/l.py", b"# -*- coding: latin-1 -*-\nX = 'caf\xe9'\n"),
        "",
    ),
    "line ends of Windows": (rewritten(lambda text: text.replace(b"\n", b"\r\n")), ""),
    "marks in front": (rewritten(lambda text: MARK + text), ""),
    "name of Python's own in the package": (written("function/types.py", b"x = 1\n"), ""),
    "name of Python's own that disturbs nobody": (
        written("calendar.py", b"x = 1\n"),
        "Note: calendar.py hides the standard library's module calendar from the function",
    ),
    "name that is nearly one": (
        written("requirement.txt", b"idna==3.10\n"),
        "Note: requirement.txt is ignored. Did you mean requirements.txt?\n",
    ),
    "name of a dependency": (
        both(written("idna.py", b""), written("pyproject.toml", PYPROJECT.encode())),
        "Note: idna.py hides the module idna of the package idna",
    ),
}


@pytest.mark.parametrize(("change", "note"), BUILDS.values(), ids=BUILDS)
def test_builds(tmp_path: Path, change: Change, note: str) -> None:
    """The function is built, and the log has a note for a probable mistake."""
    _, phase = build(tmp_path, change)

    assert 0 == phase.status, phase.log
    log = phase.log.replace("\033[33m", "").replace("\033[0m", "")
    assert note in log
    assert note or "Note:" not in log


def is_linked_to(name: str, target: str) -> Change:
    """Move a file or folder away and link to it."""

    def link(app: Path) -> None:
        if target != name:
            shutil.move(app / name, (app / name).parent / target)
        else:
            shutil.rmtree(app / name)
        (app / name).symlink_to(target)

    return link


FAILS: dict[str, tuple[Change, str, list[str]]] = {
    "package that is a link to itself": (
        is_linked_to("function", "function"),
        "There is no package named function",
        ["function (a link to function)"],
    ),
    "package without an __init__.py": (
        lambda app: (app / "function/__init__.py").unlink(),
        "There is no package named function",
        ["Folder:   ", "/workspace/function\n", "Found:    func.py\n", "function/__init__.py"],
    ),
    "package that is a link out": (
        is_linked_to("function", "../elsewhere"),
        "A file of the function is outside the source",
        ["/workspace/function\n", "/elsewhere", "BP_FUNCTION_PATH"],
    ),
    "module that is a link out": (
        is_linked_to("function/func.py", "../../func.py"),
        "A file of the function is outside the source",
        ["/workspace/function/func.py\n"],
    ),
    "statement that is a link to nothing": (
        linked("pyproject.toml", "../pyproject.toml"),
        "A file cannot be read",
        ["/workspace/pyproject.toml\n", "a link to ../pyproject.toml, which does not exist"],
    ),
    "statement that is a folder": (
        lambda app: (app / "requirements.txt").mkdir(),
        "A file cannot be read",
        ["/workspace/requirements.txt\n", "a folder"],
    ),
    "source in Latin-1, which does not say so": (
        written("function/l.py", b"a = 1\nX = 'caf\xe9'\n"),
        "A source file of the function has a syntax error",
        ["function/l.py, line 2", "'utf-8' codec"],
    ),
    "source in an unknown encoding": (
        written("function/l.py", b"# coding: klingon\nX = 1\n"),
        "A source file of the function has a syntax error",
        ["function/l.py\n", "unknown encoding: klingon"],
    ),
    "source in UTF-16": (
        written("function/l.py", "X = 1\n".encode("utf-16")),
        "A source file of the function has a syntax error",
        ["function/l.py\n", "null bytes"],
    ),
    "source that is nested too deeply": (
        written("function/l.py", b"x = " + b"-" * 100_000 + b"1\n"),
        "A source file of the function has a syntax error",
        ["function/l.py\n"],
    ),
    "statement in Latin-1": (
        written("pyproject.toml", b"[project]\nname = 'caf\xe9'\n"),
        "pyproject.toml is not valid TOML",
        ["not in UTF-8: byte 0xe9 (at line 2)"],
    ),
    "statement of another kind": (
        written("pyproject.toml", b"[project]\ndependencies = ['six', 3]\n"),
        "Invalid field in pyproject.toml",
        ["/workspace/pyproject.toml\n", "Field:    project.dependencies[1]\nFound:    3\n"],
    ),
    "func.yaml that is nested too deeply": (
        written("func.yaml", b"name: " + b"[" * 3000),
        "func.yaml is not valid YAML",
        ["/workspace/func.yaml\n", "Found:    it is nested too deeply\n"],
    ),
    "lock in Latin-1": (
        written("Pipfile.lock", b"{\n'caf\xe9'}\n"),
        "Pipfile.lock is not valid JSON",
        ["not in UTF-8: byte 0xe9 (at line 2)"],
    ),
    "module that hides Python's own": (
        written("logging.py", b"x = 1\n"),
        "The function cannot be loaded",
        ["AttributeError", "names of modules of the standard library", "logging.py"],
    ),
    "package that hides Python's own": (
        written("asyncio/__init__.py", b"x = 1\n"),
        "The function cannot be loaded",
        ["names of modules of the standard library", "asyncio"],
    ),
    "module that hides the runtime's": (
        written("websockets.py", b"x = 1\n"),
        "A file of the function hides the runtime",
        ["/workspace/websockets.py\n", "the package websockets"],
    ),
}


@pytest.mark.parametrize(("change", "title", "facts"), FAILS.values(), ids=FAILS)
def test_fails(tmp_path: Path, change: Change, title: str, facts: list[str]) -> None:
    """The build fails with a title, the file, the problem and the fix."""
    workspace, phase = build(tmp_path, change)

    assert 1 == phase.status, phase.log
    said = phase.log.partition(f"ERROR: {title}\033[0m\n")[2]
    assert said, phase.log
    for fact in facts:
        assert fact in said
    assert [] == list(workspace.layers.glob("*.toml"))


def test_locale(tmp_path: Path) -> None:
    """A name that is not text is shown in any locale, in which Python's own output fails."""
    workspace = Workspace.create(tmp_path, {"function.py": HANDLE})
    written(b"caf\xe9.py", b"x = (\n")(workspace.app)

    phase = workspace.run("build", LC_ALL="C.UTF-8")

    assert 0 == phase.status, phase.log
    assert r"caf\udce9.py does not compile" in phase.log


def test_large_file(tmp_path: Path) -> None:
    """A file of 2 GB, which a build backend might read, is hashed in parts."""

    def enlarge(app: Path) -> None:
        with (app / "model.bin").open("wb") as file:
            file.truncate(2 << 30)
        setup = "import setuptools\nsetuptools.setup(name='mine', py_modules=[])\n"
        (app / "setup.py").write_text(setup)

    _, phase = build(tmp_path, enlarge)

    assert 0 == phase.status, phase.log
    assert "The image contains large files: model.bin (2048 MB)." in phase.log
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    assert megabytes < 1024


def test_path_too_long(tmp_path: Path) -> None:
    """An error of the operating system is not an internal error."""

    def nest(app: Path) -> None:
        below = os.open(app, os.O_DIRECTORY)
        for _ in range(30):
            os.mkdir("d" * 200, dir_fd=below)
            above, below = below, os.open("d" * 200, os.O_DIRECTORY, dir_fd=below)
            os.close(above)
        os.close(below)

    workspace, phase = build(tmp_path, nest)

    assert 1 == phase.status
    assert "ERROR: A file or folder cannot be used" in phase.log
    assert "File name too long" in phase.log
    shutil.rmtree(workspace.app)  # pytest's own way of removing it fails
