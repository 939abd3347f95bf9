"""The archive of the lifecycle for `pack builder create`, as the lifecycle's releases have it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tools import process

PROGRAMS = ("lifecycle", "launcher")
_PHASES = (
    "analyzer",
    "builder",
    "creator",
    "detector",
    "exporter",
    "extender",
    "rebaser",
    "restorer",
)
# The date that buildpacks give to what has none: 1980-01-01T00:00:01Z.
_TAR = (
    *("tar", "--sort=name", "--mtime=@315532801", "--owner=0", "--group=0", "--numeric-owner"),
    *("--mode=u=rwX,go=rX", "--format=gnu"),
)


def write_lifecycle(descriptor: Path, version: str, folder: Path, sboms: Mapping[str, str]) -> None:
    """Write lifecycle.tgz from the programs in a folder, to the same bytes for the same programs.

    :param descriptor: lifecycle.toml, with @VERSION@ where the version goes
    :param sboms: file names and contents, which go next to the programs
    :raises Failure: tar or gzip fails
    """
    content = folder / "lifecycle.d"
    programs = content / "lifecycle"
    programs.mkdir(parents=True)
    text = descriptor.read_text().replace("@VERSION@", version)
    (content / "lifecycle.toml").write_text(text)
    for program in PROGRAMS:
        shutil.copy2(folder / program, programs)
    for name, document in sboms.items():
        (programs / name).write_text(document)
    for phase in _PHASES:
        (programs / phase).symlink_to("lifecycle")
    archive = folder / "lifecycle.tar"
    process.call([*_TAR, "-C", content, "-cf", archive, "lifecycle", "lifecycle.toml"])
    process.call(["gzip", "-n", "-6", archive])
    (folder / "lifecycle.tar.gz").rename(folder / "lifecycle.tgz")
    shutil.rmtree(content)
