"""The application folder: cleaned and compiled."""

import importlib.util
import os
from pathlib import Path

import pytest

from function_buildpack.image import application
from function_buildpack.image.bytecode import Compiled
from function_buildpack.log.errors.source import SyntaxInvalid
from function_buildpack.system import interpreter, process


def test_large_files(tmp_path: Path) -> None:
    """Large files are found, the largest first. Links are not."""
    for name, megabytes in (("small", 99), ("a", 100), ("deep/b", 300)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with (tmp_path / name).open("wb") as file:
            file.truncate(megabytes << 20)
    (tmp_path / "link").symlink_to("a")

    found = application.large_files(tmp_path)

    assert [(tmp_path / "deep/b", 300 << 20), (tmp_path / "a", 100 << 20)] == [*found.items()]


def write(folder: Path, *names: str) -> None:
    """Create files."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def tree(folder: Path) -> set[str]:
    """Return all files of a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_remove_leftovers(tmp_path: Path) -> None:
    """Environments and caches are removed at any depth. All other files stay."""
    write(
        tmp_path,
        *("function/func.py", "data/.env", ".funcignore", "venv/notes.txt"),
        *(".git/__pycache__/x", ".func/build/x", "env/pyvenv.cfg", "env/bin/python"),
        *("function/__pycache__/x.pyc", ".pytest_cache/x", "service/main.py", "service/.tox/x"),
    )

    removed = application.remove_leftovers(tmp_path, (tmp_path / "service", tmp_path / "missing"))

    kept = {"function/func.py", "data/.env", ".funcignore", "venv/notes.txt"}
    assert kept | {".git/__pycache__/x"} == tree(tmp_path)
    gone = {"service", ".func", ".pytest_cache", "env", "function/__pycache__"}
    assert gone == {str(path.relative_to(tmp_path)) for path in removed}


def test_remove_history(tmp_path: Path) -> None:
    """Repositories are removed, also those of submodules."""
    write(tmp_path, "function.py", ".gitignore", ".git/HEAD", "sub/.git", "sub/x.py")

    removed = application.remove_history(tmp_path)

    assert {"function.py", ".gitignore", "sub/x.py"} == tree(tmp_path)
    assert {tmp_path / ".git", tmp_path / "sub" / ".git"} == set(removed)


def test_remove_leftovers_links(tmp_path: Path) -> None:
    """A link is removed, not its target."""
    write(tmp_path, "outside/kept.txt", "app/x.py")
    (tmp_path / "app" / ".git").symlink_to(tmp_path / "outside")
    (tmp_path / "app" / "loop").symlink_to(tmp_path / "app")

    application.remove_history(tmp_path / "app")

    assert {"outside/kept.txt", "app/x.py"} <= tree(tmp_path)
    assert not (tmp_path / "app" / ".git").is_symlink()


def test_remove_leftovers_of_others(tmp_path: Path) -> None:
    """A file that the build's user may not remove stays, and is not reported as removed."""
    not_even_root_may = Path("/proc/self/comm")

    assert [] == application.remove_leftovers(tmp_path, (not_even_root_may,))


def compile_sources(folder: Path, package: Path) -> Compiled:
    """Compile with the Python that runs the tests."""
    return application.compile_sources(folder, package, interpreter.current(), process.run)


def test_compile_sources_of_others(tmp_path: Path) -> None:
    """A folder that cannot be written to keeps its sources, without bytecode."""
    write(tmp_path, "function/__init__.py", "service/main.py")
    not_even_root_may = Path("/sys/kernel")
    (tmp_path / "service" / "__pycache__").symlink_to(not_even_root_may)

    compiled = compile_sources(tmp_path, tmp_path / "function")

    assert (1, [tmp_path / "service" / "main.py"]) == (compiled.count, compiled.unwritable)


def test_stray_links(tmp_path: Path) -> None:
    """Links that are broken or point outside are found, those within the folder are not."""
    write(tmp_path, "app/data/x", "outside/x")
    for name, target in {
        "itself": "itself",
        "nowhere": "missing",
        "out": "../outside/x",
        "absolute": "/etc",
        "within": "data/x",
        "around": "..",
        "data/around": "..",
    }.items():
        (tmp_path / "app" / name).symlink_to(target)

    found = {path.name for path in application.stray_links(tmp_path / "app")}

    assert {"itself", "nowhere", "out", "absolute", "around"} == found


def test_compile_sources(tmp_path: Path) -> None:
    """Every source gets unchecked-hash bytecode, without a comparison of times."""
    write(tmp_path, "function/__init__.py", "function/a/b.py", "tool.py")

    compiled = compile_sources(tmp_path, tmp_path / "function")

    assert (3, []) == (compiled.count, compiled.broken)
    cached = Path(importlib.util.cache_from_source(str(tmp_path / "function/a/b.py")))
    assert 0b01 == int.from_bytes(cached.read_bytes()[4:8], "little")  # PEP 552


def test_compile_sources_twice_is_equal(tmp_path: Path) -> None:
    """The same source gives the same bytecode, whenever it was written."""
    source = tmp_path / "function.py"
    source.write_text("class A:\n    x: int = 1\n\ndef new(a='text', *, b=None):\n    return A\n")
    results = []
    for moment in (1, 2_000_000_000):
        os.utime(source, (moment, moment))
        compile_sources(tmp_path, source)
        results.append(Path(importlib.util.cache_from_source(str(source))).read_bytes())

    assert results[0] == results[1]


def test_compile_sources_broken(tmp_path: Path) -> None:
    """A broken file of the function stops the build. Others are only reported."""
    write(tmp_path, "function/__init__.py")
    (tmp_path / "template.py").write_text("{{ not python }}(")

    compiled = compile_sources(tmp_path, tmp_path / "function")

    assert (1, [tmp_path / "template.py"]) == (
        compiled.count,
        [error.path for error in compiled.broken],
    )
    (tmp_path / "function" / "bad.py").write_text("return 1\n")
    with pytest.raises(SyntaxInvalid) as caught:
        compile_sources(tmp_path, tmp_path / "function")
    assert (tmp_path / "function" / "bad.py", 1) == (caught.value.path, caught.value.line)


def test_compile_sources_nul(tmp_path: Path) -> None:
    """A file that is not text is reported like one with a syntax error."""
    (tmp_path / "function.py").write_bytes(b"x = 1\0")

    with pytest.raises(SyntaxInvalid):
        compile_sources(tmp_path, tmp_path / "function.py")
