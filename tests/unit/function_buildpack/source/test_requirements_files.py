"""Requirements files, read as pip reads them and written as uv does."""

from pathlib import Path

import pytest

from function_buildpack.source import requirements_files


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("idna # ü\n".encode(), "idna # ü\n"),
        (b"# -*- coding: latin-1 -*-\nidna # \xfc\n", "# -*- coding: latin-1 -*-\nidna # ü\n"),
        (b"# coding: no-such\nidna\n", "# coding: no-such\nidna\n"),
        (b"idna # \xfc\n", "idna # �\n"),
        ("idna\n".encode("utf-8-sig"), "idna\n"),
        ("idna\n".encode("utf-16"), "idna\n"),
    ],
    ids=["utf-8", "latin-1", "unknown", "broken", "mark", "utf-16"],
)
def test_read(tmp_path: Path, content: bytes, text: str) -> None:
    """A byte order mark or a comment has the encoding, else it is UTF-8. None is an error."""
    path = tmp_path / "requirements.txt"
    path.write_bytes(content)

    assert text == requirements_files.read(path)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "requests \\\n  >= 2.31, \\\n  < 3\nidna\n",
            ["requests   >= 2.31,   < 3", "", "", "idna"],
        ),
        ("idna==3.10 \\\n    --hash=sha256:1\n", ["idna==3.10     --hash=sha256:1", ""]),
        ("idna # why \\\nsix\n", ["idna", ""]),
        ("idna \\\n# why \\\nsix\n", ["idna", "", "six"]),
        ("  # all \\\nidna # it\n", ["", "idna"]),
        ("git+https://h/x.git#egg=x\n", ["git+https://h/x.git#egg=x"]),
        ("idna \\", ["idna"]),
        ("", []),
    ],
    ids=["specifier", "hash", "comment", "comment within", "comments", "fragment", "end", "empty"],
)
def test_lines(text: str, lines: list[str]) -> None:
    """Lines are joined, and comments removed, as in pip. The numbers of lines stay."""
    assert lines == requirements_files.lines(text)


def write(folder: Path, **files: str) -> Path:
    """Write files and return the folder."""
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def for_uv(folder: Path, **environ: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the copies, if any, and the options for the command line."""
    requirements = folder / "requirements.txt"
    with requirements_files.for_uv(requirements, folder, environ) as found:
        assert bool(found.copies) == (found.path != requirements)
        if not found.copies:
            return {}, found.options
        copies = found.copies
        files = [path for path in copies.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(copies)): path.read_text().replace(str(copies), "COPIES")
            for path in files
        }, found.options


def test_as_it_is(tmp_path: Path) -> None:
    """uv reads a file itself if it interprets it as pip does, in any encoding it accepts."""
    write(tmp_path, requirements="# all\nidna==3.10\n-r more.txt\n--no-index\n-e .\n", more="six\n")

    assert ({}, ()) == for_uv(tmp_path)


def test_continued(tmp_path: Path) -> None:
    """Copies keep includes, with one line for each line of the original."""
    write(
        tmp_path,
        requirements="requests \\\n >=2\n-r \\\n  more.txt\n-c ${WHERE}/limits.txt\n-r https://h/x.txt\n",
        more="six\n-r requirements.txt\n",
        limits="six<2\n",
    )

    copies, options = for_uv(tmp_path, WHERE=str(tmp_path))

    assert {
        "requirements.txt": "requests  >=2\n\n-r COPIES/more.txt\n\n-c COPIES/limits.txt\n"
        "-r https://h/x.txt",
        "more.txt": "six\n-r COPIES/requirements.txt",
        "limits.txt": "six<2",
    } == copies
    assert () == options


def test_options(tmp_path: Path) -> None:
    """Options for uv's command line are moved there, and each option has its own line."""
    (tmp_path / "dist").mkdir()
    write(
        tmp_path,
        requirements="--pre\n--trusted-host h -f dist -f missing --prefer-binary\n-rmore.txt\n"
        '-c none.txt\n-f https://h/\n-e \'a b\nidna --config-settings="a=b" --hash=x\n',
        more="six --config-setting x=y\n",
    )

    copies, options = for_uv(tmp_path)

    assert (
        f"\n\n-f {tmp_path}/dist\n-f missing\n--prefer-binary\n-r COPIES/more.txt\n"
        f"-c {tmp_path}/none.txt\n-f https://h/\n-e 'a b\nidna --hash=x"
    ) == copies["requirements.txt"]
    assert "six" == copies["more.txt"]
    assert (
        *("--prerelease", "allow", "--allow-insecure-host", "h"),
        *("--config-settings-package", "six:x=y", "--config-settings-package", "idna:a=b"),
    ) == options


@pytest.mark.parametrize(
    ("line", "expected"), [("-e.", "-e ."), ("-rmore.txt", "-r COPIES/more.txt")]
)
def test_options_without_a_space(tmp_path: Path, line: str, expected: str) -> None:
    """pip needs no space after a short option."""
    write(tmp_path, requirements=line, more="six")

    assert expected == for_uv(tmp_path)[0]["requirements.txt"]


def test_wheels_of_the_function(tmp_path: Path) -> None:
    """A folder that is not next to an included file may be next to the first one."""
    (tmp_path / "wheels").mkdir()
    (tmp_path / "lists").mkdir()
    write(tmp_path, requirements="-r lists/more.txt\n")
    write(tmp_path / "lists", more="-f wheels\n")

    assert f"-f {tmp_path}/wheels" == for_uv(tmp_path)[0]["lists/more.txt"]


def test_outside(tmp_path: Path) -> None:
    """Included files from elsewhere are copied as well."""
    source = tmp_path / "source"
    source.mkdir()
    write(source, requirements="-c ../limits.txt\n--pre\n")
    write(tmp_path, limits="idna<4\n")

    copies, _ = for_uv(source)

    assert {"requirements.txt", f"outside{tmp_path}/limits.txt"} == set(copies)


def test_encoding(tmp_path: Path) -> None:
    """uv only accepts UTF-8 without a byte order mark."""
    (tmp_path / "requirements.txt").write_bytes(b"# coding: latin-1\nidna # \xfc\n")

    assert ({"requirements.txt": "\nidna"}, ()) == for_uv(tmp_path)


@pytest.mark.parametrize(
    ("text", "included"),
    [
        ("-r a.txt\n-c 'b c.txt' # d.txt\n", ["a.txt", "b c.txt"]),
        ("--requirement=a.txt\n--constraint \\\r\n b.txt", ["a.txt", "b.txt"]),
        ("-e a.txt\nrich\n# -r a.txt", []),
    ],
)
def test_included(text: str, included: list[str]) -> None:
    """Files of requirements and of constraints are included."""
    assert included == requirements_files.included(text)


def test_not_included(tmp_path: Path) -> None:
    """Requirements files that are not included are found, but not sources of pip-compile."""
    files = {
        "requirements.txt": "-r requirements/base.txt\n",
        "requirements/base.txt": "-r ../requirements.txt\n",
        **dict.fromkeys(
            ("requirements.in", "requirements-dev.txt", "requirements/prod.txt", "more.txt"), ""
        ),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)

    found = requirements_files.not_included(tmp_path)

    assert ("requirements-dev.txt", "requirements/prod.txt") == found


def test_input_of_pip_tools(tmp_path: Path) -> None:
    """A source of pip-compile without a compiled file is found."""
    (tmp_path / "requirements.in").touch()

    assert ("requirements.in",) == requirements_files.not_included(tmp_path)
