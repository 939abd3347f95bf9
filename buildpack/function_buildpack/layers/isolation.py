"""Code that is not the build's own: what it may do in the build, and that it has done no more.

That is the function, when it is loaded, and what builds its packages (docs/adr/0020).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb.layers import Layer
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import output, phrases
from function_buildpack.log.errors.image import ImageChanged
from function_buildpack.system import file_changes, tree
from function_buildpack.system.file_changes import Snapshot
from function_buildpack.system.kernel import Confinement

# Where everybody may write. With a folder of ours in it the kernel could not leave it open.
_SHARED = Path("/tmp")  # noqa: S108 -- nothing is written there
# Credentials that a build image may have for its user.
_PRIVATE = (".aws", ".config", ".docker", ".git-credentials", ".kube", ".netrc", ".pypirc", ".ssh")


def of_function(building: Building, writable: Path) -> Confinement:
    """Return what a function cannot do when it is loaded: change layers, read secrets."""
    context = building.context
    private = tuple(path for name in _PRIVATE if (path := Path.home() / name).exists())
    return _confinement(building, (context.platform, context.bindings, *private), (writable,))


def of_installation(building: Building, *writable: Path) -> Confinement:
    """Return what an installation cannot do: change other layers. It does need credentials."""
    return _confinement(building, (), writable)


def of_copy(building: Building, *writable: Path) -> Confinement:
    """Return what an installation from a copy of the source cannot do: change that source, too."""
    return _confinement(building, (), writable, (building.context.app,))


def _confinement(
    building: Building,
    hidden: tuple[Path, ...],
    writable: tuple[Path, ...],
    source: tuple[Path, ...] = (),
) -> Confinement:
    # All layers, also those of other buildpacks.
    layers = building.context.layers.parent
    kept = (layers, building.buildpack.root, building.context.platform, *source)
    if any(path.resolve().is_relative_to(_SHARED) for path in (*kept, *hidden)):
        return Confinement()
    return Confinement(hidden, kept, writable)


@contextmanager
def installing(building: Building, served: Layer, *others: Path) -> Iterator[None]:
    """See that an installation changes no other layer than the one that it fills.

    Nor may it change `others`. The kernel may be too old to prevent that.

    :raises ImageChanged: it has.
    """
    names_ = (constants.ARCHIVES, constants.PYTHON, constants.PYTHON_ARCHIVE)
    folders = [*others, *(building.layers.root / name for name in names_)]
    if (
        not runtime_layer.Source.of(building.buildpack.root).prepared(served).is_dir()
    ):  # or it is being copied just now
        folders.append(served.path)
    before = file_changes.snapshot(folders, without={constants.GIT})
    yield
    changes = file_changes.between(before, file_changes.snapshot(folders, without={constants.GIT}))
    differing = runtime_layer.differing(served, runtime_layer.Source.of(building.buildpack.root))
    if found := (*changes.changed, *changes.new, *map(str, differing)):
        raise ImageChanged(found)


def snapshot(building: Building) -> Snapshot:
    """Return what is in the layers and in the source now."""
    return file_changes.snapshot([building.layers.root, building.context.app])


def see_unchanged(
    building: Building, before: Snapshot, made: Snapshot, layers: Iterable[Layer]
) -> None:
    """See that all is as it was, but for what the build has made; remove what is new.

    Files that are new in the source or a layer are what functions and packages write: logs, caches.

    :raises ImageChanged: something else is different. Nothing can be exported.
    """
    after = snapshot(building)
    # Bytecode may have a new folder.
    parents = {
        folder: after[folder] for path in made if (folder := str(Path(path).parent)) in after
    }
    changes = file_changes.between(parents | before | made, after)
    places = (building.context.app, *(layer.path for layer in layers))
    kept = [path for path in changes.new if not any(Path(path).is_relative_to(p) for p in places)]
    if found := (*changes.changed, *kept):
        raise ImageChanged(found)
    for path in changes.new:
        tree.remove(Path(path))
    if changes.new:
        output.note(f"removed what the function wrote: {phrases.some([*changes.new])}")


def tell_written(folder: Path, before: Snapshot) -> None:
    """Say what a function wrote into the copy of its source: it cannot do so in the image."""
    changes = file_changes.between(before, file_changes.snapshot([folder]))
    if written := [
        str(Path(path).relative_to(folder)) for path in (*changes.new, *changes.changed)
    ]:
        output.note(
            f"the function writes into its own folder when it is loaded: {phrases.some(written)}. "
            f"The image does not get that, and at run time the folder is read-only: use a "
            f"temporary folder (tempfile) or a volume."
        )
