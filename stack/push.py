"""Pushes a builder and the run image to the registry on loopback, where func can pull them.

Their names are localhost:5000/knative-python/builder and …/run. This builder differs from the local
one: it names the run image in the registry, because func pulls that as well. REGISTRY_PORT sets
another port.
"""

from collections.abc import Sequence
from dataclasses import replace

from stack import builder, publish
from stack.description import variants
from stack.images import daemon, images
from stack.images.images import Request
from tools import command, process
from tools.machine import registry
from tools.settings import Settings

# A build in the cluster (docs/deploy.md) reaches the registry by another name.
_IN_CLUSTER = "registry.default.svc.cluster.local:5000/knative-python/run"


def push(settings: Settings) -> None:
    """Start the registry, and push the images that it does not have.

    :raises Failure: the registry does not start, or an image cannot be built or pushed
    """
    registry.start(settings)
    home = f"localhost:{settings.registry_port}/knative-python"
    wanted = Request(variants.select(variants.DEFAULT), home)
    images.load(settings, wanted)
    # pack wants to see the image under each of its names.
    process.call(["docker", "tag", wanted.name("run"), _IN_CLUSTER])
    builder.make(replace(settings, mirrors=(_IN_CLUSTER,)), wanted)
    if not _is_pushed(settings, wanted):
        with settings.cache.locked("push"):
            if not _is_pushed(settings, wanted):  # else another run was faster
                _push(settings, wanted)


def _push(settings: Settings, wanted: Request) -> None:
    for image in ("run", "builder"):
        publish.push(settings, wanted.name(image))
    (registry.folder(settings) / "pushed").write_text(_identities(wanted))


def _is_pushed(settings: Settings, wanted: Request) -> bool:
    try:
        return (registry.folder(settings) / "pushed").read_text() == _identities(wanted)
    except FileNotFoundError:
        return False


def _identities(wanted: Request) -> str:
    return f"{daemon.image_id(wanted.name('builder'))} {daemon.image_id(wanted.name('run'))}\n"


def _main(arguments: Sequence[str], settings: Settings) -> None:
    command.Parser("push.sh", __doc__).parse_args(arguments)
    push(settings)


if __name__ == "__main__":
    command.run(_main)
