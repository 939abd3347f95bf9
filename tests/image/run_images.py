"""Creates other run images than the one that a function was built for, from its files."""

import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from testcontainers.core.docker_client import DockerClient

from image.layers import saved
from image.pack import Image, Pack

_RUN = "knative-python/run"
_INTERPRETER = "usr/bin/python3.13"


@contextmanager
def changed(pack: Pack, renamed: Mapping[str, str | None]) -> Iterator[str]:
    """Create an image with renamed or missing files. Remove it at the end.

    It has the labels and the environment of the run image.
    """
    own = Image(_RUN, pack.client)
    name = pack.new_image().name
    config = own.attributes["Config"]
    settings = [
        f"USER {config['User']}",
        *(f"ENV {variable}" for variable in config["Env"]),
        *(f'LABEL {key}="{value}"' for key, value in config["Labels"].items()),
    ]
    changes = [part for setting in settings for part in ("--change", setting)]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "root.tar")
        _write(own, archive, renamed)
        subprocess.run(["docker", "import", *changes, archive, name], check=True)
    try:
        yield name
    finally:
        pack.client.client.images.remove(name)


@contextmanager
def newer(docker: DockerClient, of: str, name: str) -> Iterator[None]:
    """Create a run image whose CPython reports another patch version. Remove it at the end."""
    with saved(docker, of) as image:
        (interpreter,) = (
            content
            for entry, content in image.entries()
            if entry.name.removeprefix("./") == _INTERPRETER
        )
    (version,) = set(re.findall(rb"\x003\.13\.\d+\x00", interpreter))
    files = {
        "Dockerfile": f"FROM {of}\nCOPY python /{_INTERPRETER}\n".encode(),
        "python": interpreter.replace(version, version[:-2] + b"X\0"),
    }
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    context.seek(0)
    docker.client.images.build(fileobj=context, custom_context=True, tag=name)
    try:
        yield
    finally:
        docker.client.images.remove(name)


def _write(image: Image, archive: Path, renamed: Mapping[str, str | None]) -> None:
    container = image.client.client.containers.create(image.name, ["none"])
    try:
        content = io.BytesIO(b"".join(container.export()))
    finally:
        container.remove(force=True)
    with tarfile.open(fileobj=content) as files, tarfile.open(archive, "w") as written:
        for member in files:
            name = renamed.get(member.name, member.name)
            if name is not None:
                data = files.extractfile(member) if member.isreg() else None
                written.addfile(member.replace(name=name), data)
