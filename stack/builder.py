"""Builds the builder of a variant, knative-python/builder, and the images that it needs.

RUN_IMAGE_MIRRORS="name…" names copies of the run image in other registries. The other variables are
those of build.sh.
"""

import re
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from stack import FOLDER, options, version
from stack.description import descriptions
from stack.images import daemon, images
from stack.images.images import Request
from stack.layers import buildpack
from tools import ROOT, command, process
from tools.cache import keys
from tools.console import step
from tools.go import build
from tools.parallel import together
from tools.settings import Settings

_DESCRIPTION = FOLDER / "builder" / "builder.toml"
_PREPARED = FOLDER / "builder" / "prepared.toml"
# Run where a builder has buildpacks: bytecode is found by the path of its source.
_PREPARE = """\
root=/cnb/buildpacks/knative-python_function/{version} && mkdir -p $root && cd $root && tar -x &&
    ./start prepare >&2 && cd ../../knative-python_prepared/{version} &&
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c ."""


def make(settings: Settings, wanted: Request) -> str:
    """Load the builder and its base images into Docker. Return the builder's name.

    :raises Failure: one of them cannot be built, or no daemon answers
    """
    known = daemon.find(settings)
    together(partial(build.build, settings.cache, ["pack"]), partial(images.load, settings, wanted))
    image = wanted.name("builder")
    key = _key(settings, wanted)
    if not known.has(image, key):
        with settings.cache.locked("builder"):
            if not known.has(image, key):  # otherwise another run was faster
                known.put(image, key, partial(_create, settings, wanted))
    return image


def description(wanted: Request, mirrors: Sequence[str]) -> str:
    """Return builder.toml, filled in.

    :param mirrors: names of copies of the run image
    """
    text = descriptions.filled(
        _DESCRIPTION,
        wanted.variant,
        run_image=wanted.name("run"),
        build_image=wanted.name("build"),
        arch=wanted.variant.arch,
        mirrors="".join(f'"{mirror}", ' for mirror in mirrors),
    )
    # With a daemon, pack only accepts targets of the daemon's architecture. Without targets, the
    # builder has the architecture of its build image.
    targets = r"(?ms)^\[\[targets.*?^$\n"
    return re.sub(targets, "", text) if wanted.variant.is_foreign else text


def _key(settings: Settings, wanted: Request) -> str:
    return keys.key(
        {
            "image": wanted.name("builder"),
            "build image": daemon.image_id(wanted.name("build")),
            "lifecycle": build.lifecycle(wanted.variant.arch),
            "description": description(wanted, settings.mirrors),
            "prepared": _PREPARED,
            "buildpack": buildpack.digest(),
            "builder.py": FOLDER / "builder.py",
            # By the key that it was built with.
            "pack": (ROOT / ".tools" / "libexec" / "pack").resolve().parent.name,
        }
    )


def _create(settings: Settings, wanted: Request) -> None:
    with (
        step(f"Making the builder {wanted.name('builder')}"),
        tempfile.TemporaryDirectory(prefix="knative-python-") as name,
    ):
        folder = Path(name)
        buildpack.unpack(folder / "buildpack")
        _prepare(settings, wanted, folder / "prepared")
        (folder / "lifecycle.tgz").symlink_to(build.lifecycle(wanted.variant.arch))
        (folder / "builder.toml").write_text(description(wanted, settings.mirrors))
        create: list[str | Path] = [ROOT / ".tools" / "pack", "builder", "create"]
        create += [wanted.name("builder"), "--config", folder / "builder.toml"]
        process.quietly(
            "pack-builder-create", [*create, "--pull-policy", "never"], logs=settings.cache.logs
        )


def _prepare(settings: Settings, wanted: Request, folder: Path) -> None:
    """Write the prepared files, as a buildpack that builds nothing."""
    current = version.current(ROOT)
    run = [
        *("docker", "run", "--rm", "--interactive", "--network", "none", "--user", "0"),
        *(
            "--platform",
            f"linux/{wanted.variant.arch}",
            "--env",
            f"CNB_TARGET_ARCH={wanted.variant.arch}",
        ),
        *("--env", "CNB_LAYERS_DIR=/layers/knative-python_function", "--env", "NO_COLOR=1"),
        *("--entrypoint", "sh", wanted.name("build"), "-c", _PREPARE.format(version=current)),
    ]
    with buildpack.archive() as packed, tempfile.TemporaryFile() as prepared:
        logs = settings.cache.logs
        process.quietly("prepare-buildpack", run, logs=logs, stdin=packed, stdout=prepared)
        prepared.seek(0)
        buildpack.extract(prepared, folder)
    text = descriptions.filled(_PREPARED, wanted.variant, version=current)
    (folder / "buildpack.toml").write_text(text)


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = options.parser("builder.sh", __doc__)
    options.add_images(parser)
    make(settings, options.request(parser.parse_args(arguments)))


if __name__ == "__main__":
    command.run(_main)
