"""The reference page: settings, exit codes, errors, labels and layers, read from the code."""

import re
from collections.abc import Iterable
from pathlib import Path

from func_runtime import errors
from func_runtime.settings import table as settings_table
from function_buildpack import constants
from function_buildpack.cnb import exit_codes
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.plan import labels
from function_buildpack.source import settings
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.system.git import Checkout

_HEAD = """# Reference

`make readme` generates this page from the code: do not edit it. The links lead to explanations.
"""

# The lifecycle's codes, from its sources (platform/exit.go). pack and func show a "status code".
_LIFECYCLE = {
    20: "no buildpack matches this source: nothing in the folder looks like a Python function",
    21: "the same, and detection by a buildpack failed with an error",
    22: "detection failed for another reason",
    32: "the earlier image or the registry could not be read",
    42: "the cache or a layer of the earlier image could not be restored",
    51: "the buildpack stopped the build: its message, which begins with `ERROR:`, is in the log",
    52: "the build phase failed outside of the buildpack",
    62: "the image could not be written or pushed",
    72: "a rebase failed",
    82: "the launcher could not start the process",
}
_PHASES = {
    exit_codes.SUCCESS: "success",
    exit_codes.ERROR: "an error: the log has its message",
    exit_codes.DETECT_FAIL: "only from `bin/detect`: this is not a Python function",
}
_LAYERS = {
    constants.RUNTIME: ("launch", "func_runtime and its packages, the same for every function"),
    constants.PYTHON: ("launch", "a Python that the run image does not have"),
    constants.DEPENDENCIES: ("launch", "the function's packages"),
    constants.PROJECT: ("launch", "the function's own project as a package"),
    constants.VARIABLES: ("launch", "environment variables"),
    constants.ARCHIVES: ("cache", "packages, for the next build"),
    constants.PYTHON_ARCHIVE: ("cache", "the Python in `cpython`, for the next build"),
    constants.BUILD_TOOLS: ("build, cache", "build tools that another builder's image lacks"),
}
_TREE = re.compile(r"[├└]── (\w+) +(.*?) +exit (\d)")


def render(root: Path) -> str:
    """Return docs/reference.md.

    :param root: the repository, whose docs/errors.md has the errors of a build.
    """
    return "\n".join([_HEAD, *_settings_and_ends(root), *_image()])


def _settings_and_ends(root: Path) -> list[str]:
    """Return the settings, and how a build and a function can end."""
    return [
        *_section(
            "Settings of the runtime",
            "[contract.md](contract.md#settings) explains each one.",
            ("name", "default"),
            ((f"`{row.name}`", row.default) for row in settings_table.TABLE),
        ),
        *_section(
            "Settings of a build",
            "[contract.md](contract.md#settings-of-a-build) explains each one, and `BPE_…`.",
            ("name",),
            ((f"`{name}`",) for name in settings.NAMES),
        ),
        *_section(
            "Exit codes of a build",
            "pack and func show the lifecycle's code as `failed with status code`.",
            ("of", "code", "meaning"),
            (
                *(("the lifecycle", str(code), text) for code, text in _LIFECYCLE.items()),
                *(("the buildpack", str(code), text) for code, text in _PHASES.items()),
            ),
        ),
        *_section(
            "Exit codes of a function",
            "The code is 0 after a signal, and 130 or 143 after a second one. "
            "[contract.md](contract.md#exit-codes) has the titles in the log.",
            ("code", "what happened"),
            sorted((code, text) for _, text, code in _TREE.findall(errors.__doc__ or "")),
        ),
        *_section(
            "Errors of a build",
            "The title is the line of the log that begins with `ERROR:`.",
            ("title",),
            ((f"[{title}](errors.md#{_anchor(title)})",) for title in _titles(root)),
        ),
    ]


def _image() -> list[str]:
    """Return what is in an image: labels, layers, variables."""
    return [
        *_section(
            "Labels of an image",
            "[contract.md](contract.md#its-parts) explains where each one comes from. "
            "`BP_IMAGE_LABELS` overrides them.",
            ("label",),
            ((f"`{name}`",) for name in (*_labels(), constants.PYTHON_LABEL)),
        ),
        *_section(
            "Layers",
            "[architecture.md](architecture.md#layers) lists what each one depends on.",
            ("name", "type", "contents"),
            ((f"`{name}`", *texts) for name, texts in _LAYERS.items()),
        ),
        *_section(
            "Variables in an image",
            "These are defaults. Variables of the container take precedence.",
            ("name", "value"),
            (
                *((f"`{each.name}`", f"`{each.value}`") for each in runtime_layer.ENV),
                (f"`{constants.FUNC_INVOKE}`", "`invoke` of func.yaml"),
                (f"`{constants.FUNC_LIVENESS_PATH}`", "from `deploy.healthEndpoints`, if set"),
                (f"`{constants.FUNC_READINESS_PATH}`", "from `deploy.healthEndpoints`, if set"),
            ),
        ),
    ]


def _section(
    title: str, text: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> list[str]:
    lines = (f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows))
    return [f"## {title}\n", f"{text}\n", *lines, ""]


def _titles(root: Path) -> list[str]:
    text = (root / "docs" / "errors.md").read_text(encoding="utf-8")
    return re.findall(r"^### (.+)$", text, re.MULTILINE)


def _anchor(title: str) -> str:
    """Return the anchor of a heading, as GitHub and the site make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _labels() -> list[str]:
    """Return the labels of a function whose author has declared everything."""
    urls = {"Homepage": "https://a", "Source": "https://a", "Documentation": "https://a"}
    table = {"description": "a", "version": "1", "authors": [{"name": "a"}], "license": "MIT"}
    project = Project(
        folder=Path("/workspace"),
        package=Path("/workspace/function"),
        func_yaml_path=Path("/workspace/func.yaml"),
        func_yaml=FuncYaml(name="a"),
        pyproject=Pyproject({"project": {**table, "urls": urls}}),
        checkout=Checkout(revision="a"),
    )
    return sorted(labels.of(project))
