"""The layer key of the dependencies: everything that decides the layer's contents.

A build with the same key reuses the layer of the earlier build. The key is the layer's metadata,
which is a label of the image. Everybody can read it, so it contains no secrets.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb.layers import Layers
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers import reasons
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.dependencies import build_inputs, local_wheels, repositories
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.log import redaction
from function_buildpack.source import local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.system import tree
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv


@dataclass(frozen=True)
class LayerKey:
    """Everything that decides the layer's contents, with notes of a build for the next one."""

    source: str
    requirements: str
    python: str
    platform: str
    uv: str
    buildpack: str
    wheels: str = ""
    uv_settings: str = ""
    uv_configuration: str = ""
    library_check: str = ""  # another value may not accept the same packages
    refresh: str = ""
    git: str = ""  # the state of checkouts that builds of local packages may read
    # Notes of a build, for the next one.
    built: str = ""  # whether a package was built from source
    variables: str = ""  # if so, the variables that a build backend may read
    moving: str = ""  # addresses whose contents may change, with commits


def make(
    build: Build, inputs: Inputs, wheels: Path | None, python: Interpreter, uv: Uv
) -> LayerKey:
    """Return the key for an installation that builds something from source.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    context, settings = build.context, build.settings
    passed = {name: value for name, value in context.environ.items() if name in uv.environ}
    asked = [name for folder in inputs.built for name in build_inputs.cache_keys(folder).variables]
    return LayerKey(
        source=inputs.plan.manifest.name,
        requirements=inputs.digest,
        python=python.identity or python.version,
        platform=context.target.described,
        uv=uv.version,
        buildpack=build.buildpack.version,
        wheels=local_wheels.digest(wheels),
        uv_settings=uv_settings(uv.install_settings, inputs.around),
        uv_configuration=uv_configuration(uv.environ),
        library_check=settings.library_check.value,
        refresh=settings.refresh,
        git=reasons.listed(build_inputs.git_state(inputs.built, uv.run, uv.environ)),
        variables=reasons.listed(build_inputs.variables(passed, asked)),
    )


def earlier(layers: Layers) -> LayerKey | None:
    """Return the key of the restored layer, if this version of the buildpack can read it."""
    found = layers.restored_metadata(constants.DEPENDENCIES)
    return LayerKey(**found) if found.keys() == {field.name for field in fields(LayerKey)} else None


def with_notes(key: LayerKey, before: LayerKey | None) -> LayerKey:
    """Return a key with the notes of the earlier build.

    It has the variables only if that build built something from source.
    """
    if before is None:
        return key
    variables = key.variables if before.built else ""
    return replace(key, built=before.built, variables=variables, moving=before.moving)


def with_own_notes(
    key: LayerKey, installed: Iterable[Distribution], *, has_built: bool, is_locked: bool
) -> LayerKey:
    """Return a key with notes of this installation for the next build.

    `key` has the variables that a build backend may read, even if no backend ran.
    """
    return replace(
        key,
        built="yes" if has_built else "",
        variables=key.variables if has_built else "",
        # A lock has a commit or a hash of each package.
        moving="" if is_locked else reasons.listed(repositories.noted(installed)),
    )


def uv_settings(set_: Mapping[str, str], around: ReferenceResolver) -> str:
    """Return uv's settings as text, with a digest of the files that they name."""
    return ", ".join(f"{name}={value}{_named(value, around)}" for name, value in set_.items())


def _named(words: str, around: ReferenceResolver) -> str:
    seen: set[Path] = set()
    for word in words.split():
        path = Path(os.path.normpath(around.cwd / word))
        seen.update(local_packages.with_includes(path, around))
    parts = tree.identify(tree.files(seen, around.app), around.app)
    return f" ({tree.digest(parts)[:_DIGEST_LENGTH]})" if parts else ""


_DIGEST_LENGTH = 8


def uv_configuration(environ: Mapping[str, str], etc: Path = Path("/etc")) -> str:
    """Return a digest of files with settings of uv outside the source. Empty if there are none.

    They are those of the platform and of the build image. Credentials in URLs do not count. See
    "Configuration files", "Storage" and UV_CONFIG_FILE in uv's documentation.
    """
    own = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '')}/.config"
    shared = environ.get("XDG_CONFIG_DIRS") or f"{etc}/xdg"
    named = [
        environ.get("UV_CONFIG_FILE", ""),
        *(f"{each}/uv/{constants.UV_TOML}" for each in (own, *shared.split(":"), etc)),
    ]
    there = [path for path in map(Path, named) if path.is_file()]
    texts = [redaction.urls(path.read_text(encoding="utf-8")).encode() for path in there]
    return tree.digest(texts)[:_DIGEST_LENGTH] if texts else ""
