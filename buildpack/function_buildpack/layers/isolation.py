"""Confines code of users that runs in a build, and checks what it has changed.

That code is the function, when it is loaded, and build backends of packages (docs/adr/0020).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb.layers import Layer
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import output, phrases
from function_buildpack.log.errors.image import ImageChanged
from function_buildpack.system import file_changes, tree
from function_buildpack.system.file_changes import Snapshot
from function_buildpack.system.kernel import Confinement

# Everybody may write here. If one of our folders is in it, the kernel cannot leave it writable.
_SHARED = Path("/tmp")  # noqa: S108 -- nothing is written there
# Files and folders with credentials that a build image may have for its user.
_PRIVATE = (".aws", ".config", ".docker", ".git-credentials", ".kube", ".netrc", ".pypirc", ".ssh")


def of_function(build: Build, writable: Path) -> Confinement:
    """Return the confinement of the loaded function: no changes of layers, no secrets."""
    context = build.context
    private = tuple(path for name in _PRIVATE if (path := Path.home() / name).exists())
    return _confinement(build, (context.platform, context.bindings, *private), (writable,))


def of_installation(build: Build, *writable: Path) -> Confinement:
    """Return the confinement of an installation: no changes of other layers."""
    return _confinement(build, (), writable)


def of_copy(build: Build, *writable: Path) -> Confinement:
    """Return the confinement of an installation from a copy: no changes of the source, either."""
    return _confinement(build, (), writable, (build.context.app,))


def _confinement(
    build: Build,
    hidden: tuple[Path, ...],
    writable: tuple[Path, ...],
    source: tuple[Path, ...] = (),
) -> Confinement:
    # The layers of all buildpacks.
    layers = build.context.layers.parent
    kept = (layers, build.buildpack.root, build.context.platform, *source)
    if any(path.resolve().is_relative_to(_SHARED) for path in (*kept, *hidden)):
        return Confinement()
    return Confinement(hidden, kept, writable)


@contextmanager
def installing(build: Build, runtime: Layer, *others: Path) -> Iterator[None]:
    """Check that an installation changes no layer except the one that it fills, and no `others`.

    The kernel may be too old to prevent that.

    :raises ImageChanged: it has changed something else.
    """
    names_ = (constants.ARCHIVES, constants.PYTHON, constants.PYTHON_ARCHIVE)
    folders = [*others, *(build.layers.root / name for name in names_)]
    source = runtime_layer.RuntimeSource.of(build.buildpack.root)
    if not source.prepared(runtime).is_dir():  # otherwise a background thread copies it now
        folders.append(runtime.path)
    before = file_changes.snapshot(folders, without={constants.GIT})
    yield
    changes = file_changes.between(before, file_changes.snapshot(folders, without={constants.GIT}))
    differing = runtime_layer.differing(runtime, source)
    if found := (*changes.changed, *changes.new, *map(str, differing)):
        raise ImageChanged(found)


def snapshot(build: Build) -> Snapshot:
    """Return the present state of the layers and the source."""
    return file_changes.snapshot([build.layers.root, build.context.app])


def check_unchanged(
    build: Build, before: Snapshot, made: Snapshot, layers: Iterable[Layer]
) -> None:
    """Check that only the build itself has changed files, and remove new ones in source and layers.

    Functions and packages create such new files: logs, caches.

    :raises ImageChanged: something else is different. Nothing can be exported.
    """
    after = snapshot(build)
    # Bytecode may create a folder.
    parents = {
        folder: after[folder] for path in made if (folder := str(Path(path).parent)) in after
    }
    changes = file_changes.between(parents | before | made, after)
    places = (build.context.app, *(layer.path for layer in layers))
    kept = [path for path in changes.new if not any(Path(path).is_relative_to(p) for p in places)]
    if found := (*changes.changed, *kept):
        raise ImageChanged(found)
    for path in changes.new:
        tree.remove(Path(path))
    if changes.new:
        output.note(f"Removed files that the function wrote: {phrases.some([*changes.new])}")


def warn_about_writes(folder: Path, before: Snapshot) -> None:
    """Warn if a function wrote into the copy of its source: it cannot do that in the image."""
    changes = file_changes.between(before, file_changes.snapshot([folder]))
    if written := [
        str(Path(path).relative_to(folder)) for path in (*changes.new, *changes.changed)
    ]:
        output.note(
            f"The function writes into its own folder when it is loaded: {phrases.some(written)}. "
            f"The image does not contain these files, and at run time the folder is read-only. "
            f"Use a temporary folder (tempfile) or a volume."
        )
