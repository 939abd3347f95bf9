"""Messages: one for each error, complete, and each in the catalogue."""

import errno
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.cnb.context import LifecycleMissing
from function_buildpack.log import messages
from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.dependencies import (
    HashMismatch,
    InstallFailed,
    LockMissing,
    LockOutdated,
    LockUnsupported,
    RequirementsUnsolvable,
    RuntimeConflict,
    SelectionConflict,
    SelectionUnknown,
)
from function_buildpack.log.errors.image import (
    ArchitectureWrong,
    FunctionSlow,
    FunctionUnloadable,
    ImageChanged,
    LibraryMissing,
)
from function_buildpack.log.errors.indexes import (
    AddressFailing,
    AddressUnreachable,
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
    RepositoryRefused,
)
from function_buildpack.log.errors.python import (
    NO_SOURCE,
    PythonConflict,
    PythonEnded,
    PythonForeign,
    PythonInvalid,
    PythonUninstalled,
    PythonUnknown,
    WheelMissing,
)
from function_buildpack.log.errors.source import (
    BindingInvalid,
    FieldInvalid,
    FileInvalid,
    FileOutside,
    FileUnreadable,
    FunctionFolderMissing,
    PackageMissing,
    RuntimeHidden,
    SettingInvalid,
    SyntaxInvalid,
)
from function_buildpack.log.errors.tools import (
    DiskFull,
    DownloadDamaged,
    ToolMissing,
    ToolsUnavailable,
    UvUnfit,
)
from function_buildpack.log.messages import Message, describe

ROOT = Path(__file__).parents[4]

EXAMPLES: list[BuildpackError] = [
    SettingInvalid("BP_FUNCTION_CHECK", "maybe", "new, import or off"),
    FunctionFolderMissing("apps/one"),
    FileUnreadable(Path("/workspace/pyproject.toml"), "a link to x, which does not exist"),
    FileOutside(Path("/workspace/function"), Path("/elsewhere/function")),
    RuntimeHidden(Path("/workspace/uvloop.py"), "uvloop"),
    DiskFull("No space left on device (os error 28)"),
    FileInvalid(Path("/workspace/func.yaml"), "YAML", "problem (at line 2, column 3)"),
    FileInvalid(Path("/workspace/pyproject.toml"), "TOML", "problem (at line 2, column 3)"),
    *(
        FileInvalid(Path("/workspace", name), format_, "problem (at line 2, column 3)")
        for name, format_ in (
            ("uv.lock", "TOML"),
            ("pylock.toml", "TOML"),
            ("poetry.lock", "TOML"),
            ("Pipfile", "TOML"),
            ("Pipfile.lock", "JSON"),
        )
    ),
    FieldInvalid(Path("/workspace/func.yaml"), "invoke", "grpc", "http or cloudevent"),
    FieldInvalid(Path("/workspace/pyproject.toml"), "project", "3", "a mapping"),
    PackageMissing(Path("/workspace"), ("func.yaml", "handler")),
    SyntaxInvalid(Path("/workspace/function/func.py"), 3, "def new(:", "invalid syntax", "3.13.5"),
    PythonInvalid("BP_PYTHON_VERSION", "latest", ("3.13", "3.14")),
    PythonForeign(".python-version", "pypy3.10"),
    PythonEnded(".python-version requests 3.8", "3.8", "2024-10", ("3.13", "3.14")),
    PythonUnknown("BP_PYTHON_VERSION requests 3.99", ("3.13.15", "3.14.7")),
    PythonConflict(".python-version requests 3.12", "requires-python of x requests >=3.13"),
    PythonUninstalled("cpython-3.12.16-linux-x86_64-gnu", "Connection refused"),
    WheelMissing("numpy 1.26.4", "3.13.5", ("3.11", "3.12"), ("3.12",)),
    WheelMissing("torch 2.2.0", "3.13.5", ("3.11", "3.12"), ("3.12",), NO_SOURCE),
    ToolMissing("uv"),
    ToolsUnavailable("/buildpack/bootstrap/requirements.txt", 1),
    DownloadDamaged("pip-1-py3-none-any.whl", "abc", "def"),
    RequirementsUnsolvable(
        Path("/workspace/pyproject.toml"),
        "because",
        "BP_WHEELS",
        "/x/vendor",
        indexes=("https://a/", "https://b/"),
    ),
    SelectionConflict(
        ("BP_FUNCTION_EXTRAS=cpu gpu", "BP_FUNCTION_GROUPS=a"),
        Path("/workspace/uv.lock"),
        "Extras `cpu` and `gpu` are incompatible",
        "uv sync --extra cpu --extra gpu",
    ),
    UvUnfit("/workspace/pyproject.toml", "tool.uv.required-version", "==0.9.5", "0.13.9"),
    HashMismatch(Path("/workspace/uv.lock"), "Hash mismatch for `a`"),
    LockOutdated(
        Path("/workspace/uv.lock"), Path("/workspace/pyproject.toml"), "uv lock", "", ">=3.11"
    ),
    *(
        LockOutdated(Path("/workspace", lock), Path("/workspace", made_from), command, found)
        for lock, made_from, command, found in (
            ("uv.lock", "pyproject.toml", "uv lock", ""),
            (
                "pylock.toml",
                "pyproject.toml",
                "uv export --no-dev --no-emit-project -o pylock.toml",
                "idna==3.10",
            ),
            ("poetry.lock", "pyproject.toml", "poetry lock", ""),
            ("Pipfile.lock", "Pipfile", "pipenv lock", ""),
        )
    ),
    LockUnsupported(Path("/workspace/poetry.lock"), 'lock-version = "2.0"', "poetry lock"),
    LockMissing(Path("/workspace/Pipfile"), "Pipfile.lock", "pipenv lock"),
    LockMissing(Path("/workspace/pyproject.toml"), "poetry.lock", "poetry lock", ("dev", "docs")),
    SelectionUnknown(
        "BP_FUNCTION_EXTRAS", "mat", Path("/workspace/pyproject.toml"), ("math", "data")
    ),
    RepositoryRefused("x"),
    AddressUnreachable("Could not resolve host"),
    AddressFailing("404 Not Found"),
    IndexUnreachable("dns error"),
    IndexRefused(
        "401 Unauthorized",
        "https://corp/simple",
        "corp",
        ("A_USERNAME", "A_PASSWORD"),
        "/w/uv.lock",
    ),
    IndexUntrusted("invalid peer certificate"),
    IndexFailing("500 Internal Server Error"),
    IndexTooSlow("operation timed out"),
    BindingInvalid(Path("/platform/bindings/pip"), "no file named type", "a folder"),
    InstallFailed("/workspace/uv.lock", 2, "uv sync --locked", "error: x", "/outside"),
    RuntimeConflict("websockets", "10.4", ">=11"),
    ArchitectureWrong("one 1.0", Path("one.so"), "AArch64, 64 bit", "x86-64, 64 bit"),
    LibraryMissing(
        "psycopg2 2.9", Path("a.so"), Path("libs/b.so"), ("libpq.so.5", "libx.so"), ("libpq5",)
    ),
    ImageChanged(("/layers/a", "/workspace/b")),
    FunctionUnloadable(
        Path("/workspace/function"),
        1,
        "Traceback\nValueError: x",
        ("logging.py", "asyncio"),
        "common",
        places=("libs/common", "tests/common.py"),
        settings=("BP_FUNCTION_GROUPS=prod",),
        excluding=(".funcignore",),
        path="services/pay",
        declare_in="requirements.txt",
        declaration="../../libs/common",
    ),
    FunctionSlow(Path("/workspace/function"), 300, "waiting"),
]


SHOWN: list[Exception] = [*EXAMPLES, LifecycleMissing("CNB_LAYERS_DIR")]


def test_every_error_has_an_example() -> None:
    """No error is added without a message."""
    assert set(BuildpackError.__subclasses__()) == {type(error) for error in EXAMPLES}


@pytest.mark.parametrize("error", SHOWN, ids=lambda error: type(error).__name__)
def test_message(error: Exception) -> None:
    """A message has a unique title and contains every fact of its error."""
    message = describe(error)

    assert "Internal error" not in message.title
    said = f"{message.title}\n{message.body}"
    for fact in vars(error).values() or error.args:
        for part in fact if isinstance(fact, tuple) else str(fact).splitlines():
            assert part in said


@pytest.mark.parametrize("error", SHOWN, ids=lambda error: type(error).__name__)
def test_message_is_in_the_catalogue(error: Exception) -> None:
    """docs/errors.md has a heading for each title."""
    headings = re.findall(r"^### (.+)$", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)

    assert describe(error).title in headings


def test_titles_are_unique() -> None:
    """Titles are unique, also as anchors of the catalogue."""
    titles = {(type(error), describe(error).title) for error in EXAMPLES}

    assert len(titles) == len({title for _, title in titles})


@pytest.mark.parametrize(
    ("known", "said"),
    [(("math", "data"), "It has:   math, data\n"), ((), "It has:   none\n"), (None, "")],
)
def test_selection_unknown(known: tuple[str, ...] | None, said: str) -> None:
    """The message lists what exists, unless only a build backend knows that."""
    error = SelectionUnknown("BP_FUNCTION_EXTRAS", "mat", Path("requirements.txt"), known)

    body = describe(error).body

    assert said in body
    assert bool(said) == ("It has:" in body)


@pytest.mark.parametrize(
    ("module", "does"), [("not_installed", "from . import"), ("readline", "BP_PYTHON_VERSION")]
)
def test_module_missing(module: str, does: str) -> None:
    """The hint depends on whether the module is in the standard library."""
    body = describe(FunctionUnloadable(Path("function"), 1, "said", (), module)).body

    assert f"{module} is part of Python" in body or f"the module {module}." in body
    assert does in body


def test_without() -> None:
    """There are no hints for facts that are missing."""
    unsolvable = describe(RequirementsUnsolvable(Path("pyproject.toml"), "because")).body
    failed = describe(InstallFailed("setup.cfg", 2, "uv pip install -r setup.cfg")).body

    assert unsolvable.endswith("or two requirements may conflict.")
    assert "BP_FUNCTION_PATH" not in failed
    assert "SIGKILL" not in failed
    assert "Found:    uv exited with status 2\n\nFix" in failed


def test_out_of_memory() -> None:
    """If uv was killed, the message names memory as the probable cause."""
    error = InstallFailed("uv.lock", -signal.SIGKILL, "uv sync", "error: x")

    body = describe(error).body

    assert "Found:    uv was killed by signal SIGKILL. Output:\n\n    error: x\n" in body
    assert "ran out of memory" in body


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"without_index": "PIP_NO_INDEX", "links": ("/a", "/b")}, "no index, only /a, /b from"),
        ({"without_index": "PIP_NO_INDEX"}, "and it has no folder with wheels"),
        (
            {"without_index": "BP_WHEELS", "wheels": "/w/vendor"},
            "searched only the wheels in /w/vendor",
        ),
    ],
    ids=["links", "nothing", "wheels"],
)
def test_without_index(facts: dict[str, Any], said: str) -> None:
    """The message says why no index was searched, and what was searched instead."""
    explanation = "a was not found in the provided package locations"
    path = Path("requirements.txt")

    body = describe(RequirementsUnsolvable(path, explanation, **facts)).body

    assert said in " ".join(body.split())
    assert "The file has --no-index" not in body


@pytest.mark.parametrize(
    ("explanation", "said"),
    [
        ("use `--index-strategy unsafe-best-match`", "UV_INDEX_STRATEGY=unsafe-best-match"),
        ("(try: `--prerelease=allow`)", "UV_PRERELEASE=allow"),
        ("because the network was disabled", "UV_OFFLINE"),
        ("(i.e., with `--no-build`)", "UV_NO_BUILD"),
        ("not found in the provided package locations", "The file has --no-index"),
    ],
)
def test_advice_for_a_build(explanation: str, said: str) -> None:
    """uv's hints for its command line are translated to settings of a build."""
    error = RequirementsUnsolvable(Path("requirements.txt"), explanation)

    assert said in describe(error).body


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            IndexRefused("401", "http://h:1/simple"),
            "    PIP_EXTRA_INDEX_URL=http://USER:PASSWORD@h:1/simple\n",
        ),
        (
            IndexRefused("401"),
            "    PIP_EXTRA_INDEX_URL=https://USER:PASSWORD@HOST/simple/\n",
        ),
        (IndexRefused("401", "h", "corp", ("A", "B")), "    A\n    B\n"),
    ],
    ids=["address", "nothing", "name"],
)
def test_credentials(error: IndexRefused, said: str) -> None:
    """The variables to set are those of the index, or have its address."""
    assert said in describe(error).body


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        ("==0.9.5", "0.13.9", '">=0.9.5"'),
        (">=0.14,<0.15", "0.13.9", '">=0.13.9"'),
        ("~=0.13.10", "0.13.9", '">=0.13.9"'),
        ("==0.9.*", "0.13.9", '">=0.9"'),
        ("newest", "0.13.9", '">=0.13.9"'),
    ],
)
def test_uv_unfit(wanted: str, found: str, said: str) -> None:
    """The range that is proposed has both versions."""
    assert said in describe(UvUnfit("uv.toml", "required-version", wanted, found)).body


def test_module_in_the_source() -> None:
    """The message has the declaration for a package of the source."""
    place, declaration = "libs/common", 'common = { path = "../common" }'
    facts: dict[str, Any] = {
        "places": (place,),
        "path": "pay",
        "declare_in": "x",
        "declaration": declaration,
    }

    body = describe(FunctionUnloadable(Path("f"), 1, "x", (), "common", **facts)).body

    assert f"    {declaration}" in body
    assert f"Create {place}/pyproject.toml" in body
    assert "add that package to" not in body


@pytest.mark.parametrize("place", ["pay/function/common", "libs/common.py"])
def test_not_a_package(place: str) -> None:
    """A module in function/, or a single file, is not suggested as a package."""
    facts: dict[str, Any] = {"places": (place,), "path": "pay"}

    body = describe(FunctionUnloadable(Path("f"), 1, "x", (), "common", **facts)).body

    assert f"    {place}\n" in body
    assert "as a package" not in body


@pytest.mark.parametrize(
    ("status", "output", "found"),
    [
        (-signal.SIGSEGV, "", "was killed by signal SIGSEGV, without output"),
        (-signal.SIGABRT, "x", "was killed by signal SIGABRT. Output:\n\n    x\n"),
        (-(signal.SIGRTMIN + 1), "", f"was killed by signal {signal.SIGRTMIN + 1}, without"),
        (3, "", "exited with status 3, without output"),
        (0, "", "exited with status 0, without output"),
    ],
)
def test_ending(status: int, output: str, found: str) -> None:
    """The message says how the process ended, with a hint if there was no exception."""
    body = describe(FunctionUnloadable(Path("function"), status, output)).body

    assert found in body
    assert ("Native code crashed" in body) == (status < 0)
    assert ("os._exit(0)" in body) == (status == 0)


def test_slow() -> None:
    """The message has the end of a long output. There may be no output at all."""
    said = "\n".join(f"try {number}" for number in range(100))

    body = describe(FunctionSlow(Path("function"), 300, said)).body
    silent = describe(FunctionSlow(Path("function"), 300, "")).body

    assert "    try 60\n" in body
    assert "    try 59\n" not in body
    assert "so the build stopped it\n" in silent


def test_image_changed() -> None:
    """The message names some of many changed files, and the number of the others."""
    body = describe(ImageChanged(tuple(map(str, range(10))))).body

    assert "Changed:  0\n          1\n" in body
    assert "          7\n          and 2 more\n\n" in body


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            SettingInvalid("N", "a\n\nERROR: b\x1b[2J", "x"),
            "Found:    a\\n\\nERROR: b\\x1b[2J\n",
        ),
        (FileUnreadable(Path("a\nb\u2028"), "x"), "File:     a\\nb\\u2028\n"),
        (PythonUnknown("x", ("1\r2",)), "Versions: 1\\r2\n"),
        (HashMismatch(Path("x"), "a\n\x1b]0;t\x07b\x08\tc"), "    a\n    b\\x08\tc\n"),
        (InstallFailed("x", 2, "uv venv\nuv sync\x1b[2J"), "    uv venv\n    uv sync"),
        (OSError(2, "gone\n", "a\nb"), "File:     a\\nb\nFound:    gone\\n\n"),
    ],
)
def test_facts_cannot_forge_lines(error: Exception, shown: str) -> None:
    """Facts are single lines. Output of programs and commands are indented lines."""
    assert shown in messages.of(error).body


def test_library_missing() -> None:
    """The message names the package whose wheels contain the library, if it is known."""
    module = Path("psycopg2/_psycopg.so")

    said = describe(LibraryMissing("psycopg2 2.9", module, module, ("libpq.so.5",), ())).body
    other = describe(LibraryMissing("", module, module, ("libx.so",), ())).body

    assert "(here that is psycopg2-binary)" in said
    assert "Loads:" not in said
    assert "Package:  none" in other


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (
            OSError(errno.ENAMETOOLONG, "File name too long", "a/b"),
            "A file or folder cannot be used",
        ),
        (OSError(errno.EIO, "Input/output error"), "A file or folder cannot be used"),
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), "The disk is full"),
        (shutil.Error([("a", "b", "[Errno 28] No space left on device")]), "The disk is full"),
    ],
    ids=["name", "no name", "full", "full while copying"],
)
def test_system(error: OSError, title: str) -> None:
    """Errors of the operating system have a message, which is in the catalogue."""
    message = describe(error)

    assert title == message.title
    assert (error.strerror or "No space left on device") in message.body
    assert f"### {title}\n" in (ROOT / "docs/errors.md").read_text()


def test_unknown() -> None:
    """Any other exception is a bug, shown with its traceback to report."""
    message = describe(RuntimeError("surprise"))

    assert isinstance(message, Message)
    assert "surprise" in message.body
