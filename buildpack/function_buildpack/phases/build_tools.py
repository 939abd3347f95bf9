"""Installs the build tools, uv and three libraries, where the build image lacks them.

They come from the package index, pinned and with hashes. They are in a cached layer, which is never
part of the image, so later builds do not download them. This module uses only the standard library.
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from function_buildpack import constants
from function_buildpack.cnb import exit_codes
from function_buildpack.cnb.context import BuildContext
from function_buildpack.log import log_settings, messages, output
from function_buildpack.log.errors.tools import ToolsUnavailable
from function_buildpack.phases import missing_tools, wheel_download
from function_buildpack.phases.wheel_download import Wheel
from function_buildpack.source import bindings
from function_buildpack.system import process
from function_buildpack.uv import index_access
from function_buildpack.uv.index_access import IndexAccess

_KEY = "key"  # a file. It is written last, so a killed build leaves none.


def build(environ: Mapping[str, str], cwd: Path, lists: Path) -> Path:
    """Install what the build image lacks and return the folder.

    An error is logged and ends the process, as cnb.phases does in the phases.
    """
    try:
        log_settings.use(environ)
        return provide(
            BuildContext.from_environ(environ, cwd), missing_tools.lacking(environ), lists
        )
    except Exception as error:  # noqa: BLE001 -- the phase's boundary
        sys.exit(_failed(error))


def _failed(error: Exception) -> int:
    message = messages.of(error)
    output.error(message.title, message.body)
    return exit_codes.ERROR


def provide(
    context: BuildContext, lacks: tuple[str, ...], lists: Path, run: process.Runner = process.run
) -> Path:
    """Return the folder of a layer with the missing modules, and `bin/` with uv.

    `lists` is the folder with the lists of pinned packages.

    :raises BuildpackError: a binding is malformed, or the index or pip fails.
    """
    output.heading("Build tools")
    output.line(f"Missing in the build image: {', '.join(lacks)}")
    layer = context.layers / constants.BUILD_TOOLS
    requirements = lists / "requirements.txt"
    python = f"{sys.implementation.cache_tag}\n"
    key = hashlib.sha256(python.encode() + requirements.read_bytes()).hexdigest()
    described = context.layers / f"{constants.BUILD_TOOLS}.toml"
    described.unlink(missing_ok=True)
    if (layer / _KEY).is_file() and (layer / _KEY).read_text() == key:
        output.line("Reusing the build tools of an earlier build")
    else:
        shutil.rmtree(layer, ignore_errors=True)
        layer.mkdir()
        with (
            index_access.prepared(context.environ, bindings.read(context.bindings)) as access,
            output.timed("Installed the build tools into a cached layer"),
        ):
            _install(layer, requirements, access, context.app, run)
        (layer / _KEY).write_text(key)
    # Without tomli_w, which may be one of the missing libraries.
    described.write_text("[types]\ncache = true\n")
    return layer


def _install(
    layer: Path, requirements: Path, access: IndexAccess, cwd: Path, run: process.Runner
) -> None:
    with TemporaryDirectory() as folder:
        pip: list[str | Path] = [sys.executable, "-I", "-m", "pip"]
        if find_spec("pip") is None:
            wheel = wheel_download.download(
                pinned(requirements.with_name("pip.txt")), access.environ, Path(folder)
            )
            pip = [sys.executable, "-I", wheel / "pip"]  # Python runs a zip file, as a wheel is
        result = process.masked(run, access.secrets)(
            [
                *pip,
                *("install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"),
                *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"),
                *("--root-user-action", "ignore", "--target", layer, "-r", requirements),
                *access.source.options,
            ],
            environ=_for_pip(access.environ),
            cwd=cwd,
            on_line=output.child,
        )
    if result.status != 0:
        raise ToolsUnavailable(str(requirements), result.status)


def pinned(requirement: Path) -> Wheel:
    """Read a list with one package that has one pure wheel."""
    text = requirement.read_text(encoding="utf-8")
    (name, version), *_ = re.findall(r"^([a-z-]+)==(\S+)", text, re.MULTILINE)
    (sha256,) = re.findall(r"--hash=sha256:([0-9a-f]{64})", text)
    return Wheel(name, f"{name}-{version}-py3-none-any.whl", sha256)


def _for_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """Translate uv's variables for pip, and drop all others: PIP_USER conflicts with --target."""
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL"),
        "PIP_CERT": environ.get("SSL_CERT_FILE"),
        "PIP_TIMEOUT": environ["UV_HTTP_TIMEOUT"],
        "PIP_RETRIES": environ["UV_HTTP_RETRIES"],
    }
    others = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    return {**others, **{name: value for name, value in settings.items() if value}}
