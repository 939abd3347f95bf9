"""Measures the figures, in rounds over all peers."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from statistics import median

from bench.build import floor, functions, packages, peers, process, start
from bench.build.peers import PREFIX, Docker, FuncHost, ImagePeer, Pack, Peer
from bench.build.results import figures
from bench.build.results.figures import FLOOR, HOST, OURS, PIP, UV, Figure
from bench.command import ROOT
from bench.rounds import Round
from tools import package_index
from tools.package_index import PackageIndex

FLOOR_BUILDER = f"{PREFIX}/floor-builder"
# Figures of `--buildpack`: cold, after a change, and the latter minus its floor.
_TRUSTED = (figures.ADDED_COLD, figures.ADDED_REBUILD, figures.ADDED_OVER_FLOOR)
_FIVE_PHASES = (figures.FIVE_COLD, figures.FIVE_REBUILD, figures.FIVE_OVER_FLOOR)
_FEW, _MOST = 50, 200
_DETECTIONS = 20
_STARTS = 5

# Runs in the build image: starts the phase like the lifecycle, and prints how long it took.
_DETECT = """\
import glob, os, statistics, subprocess, time
(detect,) = glob.glob("/cnb/buildpacks/knative-python_function/*/bin/detect")
environ = {**os.environ, "CNB_PLATFORM_DIR": "/platform", "CNB_BUILD_PLAN_PATH": "/tmp/plan"}
taken = []
for _ in range(%d):
    began = time.perf_counter()
    subprocess.run([detect], cwd="/workspace", env=environ, check=True)
    taken.append(time.perf_counter() - began)
print(statistics.median(taken) * 1000)
"""


@dataclass(frozen=True)
class Tools:
    """The programs and names that a measurement uses."""

    pack: Path
    func: Path
    uv: Path
    builder: str
    registry: str
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
        host = docker_host(self.tools.environ)
        found = []
        wheels = packages.write(self.scratch / "packages", _MOST + 1)
        with (
            package_index.serving(wheels, host) as served,
            self._template() as template,
            self._added(trusted=True) as added,
            self._added(trusted=False) as five,
        ):
            for number in range(self.rounds):
                values = self._round(number, template, (added, five), served)
                found.append(values)
                for figure, by_peer in values.items():
                    texts = (f"{peer} {value:.2f}" for peer, value in by_peer.items())
                    _say(f"round {number + 1}: {figure}: {', '.join(texts)}")
        return found

    def _round(
        self,
        number: int,
        template: "_Template",
        added: tuple["_Template", "_Template"],
        served: PackageIndex,
    ) -> Round:
        cold, rebuild = {}, {}
        for name in template.in_turn(number):
            cold[name] = template.build(name, cold=True)
        for name in template.in_turn(number, floor=True):
            template.change(name, number)
            rebuild[name] = template.build(name, cold=False)
        started = [name for name in template.in_turn(number) if name in template.images]
        starts = {name: template.start(name) for name in started}
        many = self._many(number, served)
        return {
            figures.COLD.name: cold,
            figures.REBUILD.name: rebuild,
            figures.OVER_FLOOR.name: {OURS: rebuild[OURS] - rebuild[FLOOR]},
            **_added(number, added[0], cold, _TRUSTED),
            **_added(number, added[1], cold, _FIVE_PHASES),
            figures.START.name: starts,
            **{figure: {OURS: value} for figure, value in many.items()},
            figures.DETECT.name: {OURS: self._detect(template.folders[OURS])},
        }

    def _many(self, number: int, served: PackageIndex) -> dict[str, float]:
        """Build with 200, 0 and 50 dependencies, and with one more than 50."""
        environ = {**self.tools.environ, "UV_DEFAULT_INDEX": served.url}
        env = (f"UV_DEFAULT_INDEX={served.url}",)
        ours = Pack(self.tools.pack, self.tools.builder, "many", self.tools.environ, env)
        folder, taken = self.scratch / f"many-{number}", {}
        try:
            for count in (_MOST, 0, _FEW):
                functions.with_dependencies(folder, count, self.tools.uv, environ)
                taken[count] = ours.build(folder, cold=True).seconds
            functions.with_dependencies(folder, _FEW + 1, self.tools.uv, environ)
            served.fetched.clear()
            one_more = ours.build(folder, cold=False).seconds
            fetched = len(served.fetched)
        finally:
            ours.forget()
            shutil.rmtree(folder, ignore_errors=True)
        return {
            figures.FIFTY.name: taken[_FEW],
            figures.ONE_MORE.name: one_more,
            figures.ONE_MORE_RATIO.name: one_more / taken[_FEW],
            figures.ONE_MORE_FETCHED.name: fetched,
            figures.NONE.name: taken[0],
            figures.TWO_HUNDRED.name: taken[_MOST],
            figures.LINEAR.name: ((taken[_MOST] - taken[0]) / _MOST)
            / ((taken[_FEW] - taken[0]) / _FEW),
        }

    def _detect(self, folder: Path) -> float:
        command = [
            *("docker", "run", "--rm", "--volume", f"{folder}:/workspace:ro"),
            *("--entrypoint", "python3", self.tools.builder, "-c", _DETECT % _DETECTIONS),
        ]
        return float(process.run(command, environ=self.tools.environ).output)

    @contextmanager
    def _template(self) -> Iterator["_Template"]:
        """Measure func's template with each peer."""
        tools = self.tools
        host = FuncHost(tools.func, tools.registry, self.scratch / "pip", tools.environ)
        images: dict[str, ImagePeer] = {
            OURS: Pack(tools.pack, tools.builder, "ours", tools.environ),
            PIP: Docker(peers.PIP_DOCKERFILE, "pip", tools.environ),
            UV: Docker(peers.UV_DOCKERFILE, "uv", tools.environ),
            FLOOR: Pack(tools.pack, FLOOR_BUILDER, "floor", tools.environ),
        }
        made: dict[str, Peer] = {HOST: host, **images}
        folders = self._folders("template", made)
        for name in (PIP, UV):
            folders[name] = functions.scaffold(folders[name], self.scratch / f"service-{name}")
        with _forgotten(made):
            host.push_base()
            made[FLOOR].build(folders[FLOOR], cold=True)
            yield _Template(made, images, folders, tools.environ)

    @contextmanager
    def _added(self, *, trusted: bool) -> Iterator["_Template"]:
        """Measure func's template with pack's `--buildpack`: ours, and one that does nothing."""
        tools = self.tools
        folders = {
            OURS: ROOT / "buildpack",
            FLOOR: floor.write(self.scratch / f"floor-{trusted}"),
        }
        kind = "added" if trusted else "five"
        made: dict[str, ImagePeer] = {
            name: Pack(
                tools.pack,
                builder,
                f"{kind}-{name}",
                tools.environ,
                buildpack=folders[name],
                trusts_buildpack=trusted,
            )
            for name, builder in ((OURS, tools.builder), (FLOOR, FLOOR_BUILDER))
        }
        with _forgotten(made):
            yield _Template(made, made, self._folders(kind, made), tools.environ)

    def _folders(self, prefix: str, made: Mapping[str, Peer]) -> dict[str, Path]:
        """Create func's template once for each peer."""
        return {
            name: functions.template(
                self.scratch / f"{prefix}-{i}", self.tools.func, self.tools.environ
            )
            for i, name in enumerate(made)
        }


def docker_host(environ: Mapping[str, str]) -> str:
    """Return this machine's address on Docker's default network.

    :raises BenchFailed: Docker does not answer.
    """
    form = "{{with index .IPAM.Config 0}}{{.Subnet}} {{.Gateway}}{{end}}"
    command = ["docker", "network", "inspect", "bridge", "--format", form]
    subnet, *gateway = process.run(command, environ=environ).output.split()
    # If the daemon has just created the network, it shows no gateway until its next start. It is
    # the first address of the subnet.
    return gateway[0] if gateway else str(ip_network(subnet)[1])


@contextmanager
def _forgotten(made: Mapping[str, Peer]) -> Iterator[None]:
    """Remove the peers' images and caches at the end."""
    try:
        yield
    finally:
        for peer in made.values():
            peer.forget()


@dataclass(frozen=True)
class _Template:
    """func's template at each peer. `images` are the peers whose image Docker has."""

    peers: Mapping[str, Peer]
    images: Mapping[str, ImagePeer]
    folders: Mapping[str, Path]
    environ: Mapping[str, str]

    def build(self, name: str, *, cold: bool) -> float:
        """Return the seconds of a build."""
        return self.peers[name].build(self.folders[name], cold=cold).seconds

    def start(self, name: str) -> float:
        """Return the seconds of a start."""
        image = self.images[name].image
        return median(start.first_answer(image, self.environ) for _ in range(_STARTS))

    def change(self, name: str, number: int) -> None:
        """Change the source."""
        functions.change_source(self.folders[name], number)

    def in_turn(self, number: int, *, floor: bool = False) -> list[str]:
        """Return the peers in the order of a round. Each round begins with another one."""
        names = [name for name in self.peers if floor or name != FLOOR]
        first = number % len(names)
        return names[first:] + names[:first]


def _added(
    number: int, added: _Template, cold: Mapping[str, float], wanted: tuple[Figure, Figure, Figure]
) -> Round:
    """Build with `--buildpack`, cold and after a change. `cold` has the Dockerfiles' times."""
    cold_figure, rebuild_figure, over_floor = wanted
    began = {name: added.build(name, cold=True) for name in added.in_turn(number, floor=True)}
    rebuild = {}
    for name in added.in_turn(number, floor=True):
        added.change(name, number)
        rebuild[name] = added.build(name, cold=False)
    return {
        cold_figure.name: {OURS: began[OURS], PIP: cold[PIP], UV: cold[UV]},
        rebuild_figure.name: rebuild,
        over_floor.name: {OURS: rebuild[OURS] - rebuild[FLOOR]},
    }


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
