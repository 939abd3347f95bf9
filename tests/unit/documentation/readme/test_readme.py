"""The generated parts of README.md: figures, transcript, and its function."""

import json
from pathlib import Path

import pytest
from documentation.readme import __main__ as readme
from documentation.readme import figures, function, parts, transcript

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")


def test_first_page_is_up_to_date() -> None:
    """README.md has the committed results and the stored transcript. `make readme` updates it."""
    assert PAGE == readme.render(PAGE)


def test_first_page_is_short() -> None:
    """README.md has at most 200 lines. The rest is on other pages."""
    assert len(PAGE.splitlines()) <= 200


def test_worse_figures_are_bold(tmp_path: Path) -> None:
    """A figure that is worse than a peer's is bold."""
    medians = {
        "build": {
            "cold_s": {"buildpack": 3, "func host": 9, "pip Dockerfile": 6, "uv Dockerfile": 2},
            "rebuild_s": {"buildpack": 1, "pip Dockerfile": 2},
            "start_s": {"buildpack": 1, "pip Dockerfile": 2},
        },
        "images": {"whole_compressed_mb": {"run": 20, "Debian": 10}},
        "platform": {
            "wake_s": {"buildpack": 1, "pip Dockerfile": 1},
            "idle_mb": {"buildpack": 20, "pip Dockerfile": 40},
        },
        "runtime": {"requests_per_s": {"func_runtime": 10_000, "func-python": 20_000}},
    }
    for number, (name, figure) in enumerate(medians.items(), start=1):
        taken = f"2026-01-0{number}T00:00:00+00:00"
        result = {"taken": taken, "rounds": [], "medians": figure}
        (tmp_path / f"{name}-a-machine.json").write_text(json.dumps(result))

    lines = figures.render(tmp_path).splitlines()

    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:9]]
    assert [
        "3.0x faster than func, 2.0x faster than pip, **1.5x slower than uv**",
        "2.0x faster than pip",
        "**2.0x larger than pip**",
        "2.0x faster than pip",
        "the same as pip",
        "2.0x less than pip",
        "**2.0x fewer than pip**",
    ] == [row[5] for row in cells]
    assert ["first build, nothing cached, s", "3.0", "9.0", "6.0", "2.0"] == cells[0][:5]
    assert ["build after a changed line, s", "1.0", "-", "2.0", "-"] == cells[1][:5]
    assert lines[-1].startswith("Measured 2026-01-01 to 2026-01-04, medians, on 2 cores,")

    del medians["build"]["cold_s"]["func host"]
    result = {"taken": "2026-01-01", "rounds": [], "medians": medians["build"]}
    (tmp_path / "build-a-machine.json").write_text(json.dumps(result))
    assert "func's host builder" in lines[0]
    assert "func's host builder" not in figures.render(tmp_path)  # nobody has a value


def test_parts_are_replaced() -> None:
    """A part is what is between its two comments; other text stays."""
    page = "a\n<!-- x: made by `make readme` -->\nold\n<!-- end of x -->\nb\n"

    assert page.replace("old", "new") == parts.replaced(page, "x", "new")


@pytest.mark.parametrize(
    "page",
    [
        "no part\n",
        "<!-- x: made by `make readme` -->\n",
        "<!-- x: made by `make readme` -->\n<!-- end of x -->\n" * 2,
    ],
)
def test_part_that_is_not_there_once(page: str) -> None:
    """A page without the part, or with two of them, is an error."""
    with pytest.raises(ValueError, match="each once"):
        parts.replaced(page, "x", "new")


def test_excerpt() -> None:
    """A build keeps the buildpack's lines and the last line, other commands keep all."""
    shown = (
        "$ pack build hello\nWarning: pack's\n===> DETECTING\npass\n===> BUILDING\n\n"
        "[Runtime]\n   + httpx==1\n===> EXPORTING\nSaving\nSuccessfully built\n"
        "$ curl localhost\nHello\n"
    )

    assert "$ pack build hello\n[Runtime]\nSuccessfully built\n$ curl localhost\nHello\n" == (
        transcript.excerpt(shown)
    )


def test_commands_are_those_of_the_transcript() -> None:
    """The stored transcript is a run of today's commands."""
    stored = (ROOT / "docs" / "transcript.txt").read_text(encoding="utf-8").splitlines()

    assert list(transcript.COMMANDS) == [line[2:] for line in stored if line.startswith("$ ")]


def test_function_of_the_page(tmp_path: Path) -> None:
    """The page shows a complete function, and each file has the contents of its block."""
    function.write(PAGE, tmp_path)

    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {"func.yaml", "pyproject.toml", "function/__init__.py", "function/func.py"} == files
    assert "# function/__init__.py\nfrom .func import new\n" == (
        (tmp_path / "function/__init__.py").read_text()
    )
