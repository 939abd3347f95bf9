"""Makes run images that a function was not built for, from the files of the one that it was."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from image.pack import Image, Pack

_RUN = "knative-python/run"


@contextmanager
def changed(pack: Pack, renamed: Mapping[str, str | None]) -> Iterator[str]:
    """Make an image whose files have other names, or are not there; remove it afterwards.

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
