"""Measures the figures, in rounds over all peers."""

import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.build import functions, peers, process
from bench.build.peers import Docker, ImagePeer, Pack
from bench.platform import clients, processes, registry, wake
from bench.platform.cluster import Cluster
from bench.platform.registry import REGISTRY
from bench.platform.results import figures
from bench.platform.results.figures import OURS, PIP
from bench.rounds import Round

_MB = 1_000_000
_THOUSAND = 1000


@dataclass(frozen=True)
class Tools:
    """The programs and names that a measurement uses."""

    pack: Path
    func: Path
    kubectl: Path
    builder: str
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Measurement:
    """A run with a number of rounds, in a temporary folder."""

    tools: Tools
    scratch: Path
    rounds: int

    def run(self) -> list[Round]:
        """Measure all rounds, and remove everything that was created for them.

        :raises BenchFailed: something does not work.
        """
        found = []
        with self._namespace() as cluster, self._images() as images:
            names = [*images]
            for name in names:
                cluster.serve(_service(name), images[name].push(self.tools.environ))
            for number in range(self.rounds):
                values = Round()
                for name in (*names[number % 2 :], *names[: number % 2]):
                    _add(values, name, self._wake(cluster, name, number / self.rounds))
                    _add(values, name, _next(cluster, images[name], number, self.tools.environ))
                _add(values, OURS, self._deploy(cluster, number))
                found.append(values)
                for figure, by_peer in values.items():
                    texts = (f"{peer} {value:.2f}" for peer, value in by_peer.items())
                    _say(f"round {number + 1}: {figure}: {', '.join(texts)}")
        return found

    def _wake(self, cluster: Cluster, name: str, delay: float) -> dict[str, float]:
        woken = wake.wake(cluster, _service(name), delay)
        median, p99 = clients.latencies(cluster.host(_service(name)))
        return woken.seconds | {
            figures.MEDIAN.name: median * _THOUSAND,
            figures.P99.name: p99 * _THOUSAND,
            figures.MEMORY.name: processes.memory(woken.processes) / _MB,
        }

    def _deploy(self, cluster: Cluster, number: int) -> dict[str, float]:
        """Deploy a function with a changed source."""
        folder = self.scratch / "deployed"
        first = not folder.exists()
        if first:
            functions.template(folder, self.tools.func, self.tools.environ)
        else:
            functions.change_source(folder, number)
        command: list[str | Path] = [
            *(self.tools.func, "deploy", "--path", folder, "--builder", "pack", "--build=true"),
            *("--builder-image", f"{REGISTRY}/knative-python/builder"),
            *("--namespace", cluster.namespace),
            *("--registry", f"{REGISTRY}/{cluster.namespace}"),
        ]
        seconds = process.run(command, environ=cluster.environ).seconds
        return {} if first else {figures.DEPLOY.name: seconds}

    @contextmanager
    def _namespace(self) -> Iterator[Cluster]:
        name = f"bench-{uuid.uuid4().hex[:8]}"
        cluster = Cluster(self.tools.kubectl, name, self.tools.environ)
        cluster.run("create", "namespace", name)
        try:
            yield cluster
        finally:
            cluster.run("delete", "namespace", name, "--wait=false")

    @contextmanager
    def _images(self) -> Iterator[dict[str, "_Image"]]:
        tools = self.tools
        made: dict[str, ImagePeer] = {
            OURS: Pack(tools.pack, tools.builder, "platform-ours", tools.environ),
            PIP: Docker(peers.PIP_DOCKERFILE, "platform-pip", tools.environ),
        }
        images = {name: _Image(peer, self.scratch, tools, name) for name, peer in made.items()}
        try:
            for image in images.values():
                image.build(0)
            yield images
        finally:
            for image in images.values():
                image.forget()


@dataclass(frozen=True)
class _Image:
    """Functions of func's template, as a peer builds them."""

    peer: ImagePeer
    scratch: Path
    tools: Tools
    name: str

    def build(self, number: int) -> None:
        """Build a function. Each number is another function with the same dependencies."""
        folder = self.scratch / f"{_service(self.name)}-{number}"
        made = functions.template(folder, self.tools.func, self.tools.environ)
        wake.mark(made)
        if self.name == PIP:
            made = functions.scaffold(made, folder.with_name(f"{folder.name}-service"))
        functions.change_source(made, number)
        self.peer.build(made, cold=number == 0)
        shutil.rmtree(made)

    def push(self, environ: Mapping[str, str], number: int = 0) -> str:
        """Push the last build, and return its name in the registry."""
        name = f"{REGISTRY}/{self.repository}:{number}"
        process.run(["docker", "tag", self.peer.image, name], environ=environ)
        process.run(["docker", "push", name], environ=environ)
        process.run(["docker", "image", "rm", name], environ=environ)
        return name

    @property
    def repository(self) -> str:
        """The repository in the registry."""
        return f"knative-python-bench/{_service(self.name)}"

    def forget(self) -> None:
        """Remove the image."""
        self.peer.forget()


def _next(
    cluster: Cluster, image: _Image, number: int, environ: Mapping[str, str]
) -> dict[str, float]:
    """Deploy another function of this peer on the node, and return what that takes."""
    image.build(number + 1)
    name = image.push(environ, number + 1)
    known = registry.layers(image.repository, str(number))
    new = {
        digest: size
        for digest, size in registry.layers(image.repository, str(number + 1)).items()
        if digest not in known
    }
    service = f"{_service(image.name)}-{number + 1}"
    cluster.serve(service, name)
    seconds = wake.pulled(cluster, name)
    cluster.run("delete", "ksvc", service)
    found = {figures.NEXT_BYTES.name: sum(new.values()) / _MB}
    return found if seconds is None else found | {figures.NEXT_SECONDS.name: seconds}


def _service(name: str) -> str:
    return name.replace(" ", "-").lower()


def _add(values: Round, name: str, found: Mapping[str, float]) -> None:
    for figure, value in found.items():
        values.setdefault(figure, {})[name] = value


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
