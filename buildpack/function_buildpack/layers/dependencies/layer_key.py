"""What decides the contents of the dependencies layer, and how that is compared.

A build that finds the same key reuses the layer of the build before. The key is the layer's
metadata, a label of the image: everybody can read it, so it has no secret.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb.layers import Layers
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers import reasons
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.dependencies import build_inputs, local_wheels, repositories
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.log import redaction
from function_buildpack.source import local_packages
from function_buildpack.source.local_packages import Surroundings
from function_buildpack.system import tree
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv


@dataclass(frozen=True)
class LayerKey:
    """All that decides the layer's contents, and what a build notes of its install for the next."""

    source: str
    requirements: str
    python: str
    platform: str
    uv: str
    buildpack: str
    wheels: str = ""
    uv_settings: str = ""
    uv_configuration: str = ""
    library_check: str = ""  # what one setting lets pass another may not
    refresh: str = ""
    git: str = ""  # the state of checkouts that builds of local packages may read
    # What a build notes of its install, for the next one.
    built: str = ""  # whether a package was built from source
    variables: str = ""  # if so, those that a build backend may read
    moving: str = ""  # addresses where something else may be tomorrow, with commits


def make(
    building: Building, inputs: Inputs, wheels: Path | None, python: Interpreter, uv: Uv
) -> LayerKey:
    """Collect all that decides the contents, as if something were built from source.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    context, settings = building.context, building.settings
    passed = {name: value for name, value in context.environ.items() if name in uv.environ}
    asked = [name for folder in inputs.built for name in build_inputs.cache_keys(folder).variables]
    return LayerKey(
        source=inputs.plan.manifest.name,
        requirements=inputs.digest,
        python=python.identity or python.version,
        platform=context.target.described,
        uv=uv.version,
        buildpack=building.buildpack.version,
        wheels=local_wheels.digest(wheels),
        uv_settings=uv_settings(uv.decisive, inputs.around),
        uv_configuration=uv_configuration(uv.environ),
        library_check=settings.library_check.value,
        refresh=settings.refresh,
        git=reasons.listed(build_inputs.git_state(inputs.built, uv.run, uv.environ)),
        variables=reasons.listed(build_inputs.variables(passed, asked)),
    )


def earlier(layers: Layers) -> LayerKey | None:
    """Return the key of the restored layer, if there is one of this version."""
    found = layers.earlier(constants.DEPENDENCIES)
    return LayerKey(**found) if found.keys() == {field.name for field in fields(LayerKey)} else None


def with_notes(key: LayerKey, before: LayerKey | None) -> LayerKey:
    """Return a key with what the earlier build has noted of its install.

    Variables count if anything was built from source then.
    """
    if before is None:
        return key
    variables = key.variables if before.built else ""
    return replace(key, built=before.built, variables=variables, moving=before.moving)


def with_own_notes(
    key: LayerKey, installed: Iterable[Distribution], *, has_built: bool, is_locked: bool
) -> LayerKey:
    """Return a key with what the next build has to know of this install.

    `key` has the variables that a build backend may read, whether or not one was run.
    """
    return replace(
        key,
        built="yes" if has_built else "",
        variables=key.variables if has_built else "",
        # A lock has the commit or the hash of everything.
        moving="" if is_locked else reasons.listed(repositories.noted(installed)),
    )


def uv_settings(set_: Mapping[str, str], around: Surroundings) -> str:
    """Return settings of uv as text, with a digest of the files that they name."""
    return ", ".join(f"{name}={value}{_named(value, around)}" for name, value in set_.items())


def _named(words: str, around: Surroundings) -> str:
    seen: set[Path] = set()
    for word in words.split():
        path = Path(os.path.normpath(around.cwd / word))
        seen.update(local_packages.with_includes(path, around))
    parts = tree.identify(tree.files(seen, around.app), around.app)
    return f" ({tree.digest(parts)[:_SHOWN]})" if parts else ""


_SHOWN = 8  # of a digest that people read


def uv_configuration(environ: Mapping[str, str]) -> str:
    """Return a digest of uv's settings that the platform has in files; empty if there are none.

    Without credentials in URLs. See "Configuration files" and UV_CONFIG_FILE in uv's documentation.
    """
    folders = environ.get("XDG_CONFIG_DIRS", "").split(":")
    named = [
        environ.get("UV_CONFIG_FILE", ""),
        *(f"{each}/uv/{constants.UV_TOML}" for each in folders),
    ]
    there = [path for path in map(Path, named) if path.is_file()]
    texts = [redaction.urls(path.read_text(encoding="utf-8")).encode() for path in there]
    return tree.digest(texts)[:_SHOWN] if texts else ""
