"""Measures the figures in rounds over all peers, so that other work slows all of them equally."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench.rounds import Round
from bench.runtime import imports, load
from bench.runtime.load import Answered, Mode
from bench.runtime.peers import OURS, UVICORN, Kind, Peer
from bench.runtime.results import figures
from bench.runtime.results.figures import Figure, Part
from bench.runtime.results.result import Plan
from bench.runtime.serve import Served, Stage

CONNECTIONS = 32
_MEGA = 1_000_000
_KILO = 1_000
_WARM_SECONDS = 1
# A turn of one server, before the next one gets its turn: wrk's shortest run.
_TURN_SECONDS = 1
_IDLE_SECONDS = 0.5
# At half load: the mean time of a connection between a response and its next request, and how much
# faster than the load a peer must be. Otherwise its latency is only that of an overload.
THINK_MS = 10
_HEADROOM = 1.25
_SOAK_SECONDS = 30
_SOAK_STEPS = 10

_STARTS = {
    Kind.HTTP: (figures.START, figures.START_CPU),
    Kind.EVENT: (figures.START_EVENT, figures.START_EVENT_CPU),
}
# Requests with a body: rate and CPU time of each mode.
_POSTS = {
    Kind.ORDER: {Mode.ORDER: (figures.ORDERS, figures.ORDERS_CPU)},
    Kind.EVENT: {
        Mode.BINARY: (figures.BINARY, figures.BINARY_CPU),
        Mode.STRUCTURED: (figures.STRUCTURED, figures.STRUCTURED_CPU),
    },
}


@dataclass(frozen=True)
class Loaded:
    """A server under load: requests per second, latency in s, CPU time per request in s."""

    rate: float
    p99: float
    cpu: float
    kernel: float


def middle(turns: Sequence[Loaded]) -> Loaded:
    """Return the medians of all turns."""
    return Loaded(
        median(turn.rate for turn in turns),
        median(turn.p99 for turn in turns),
        median(turn.cpu for turn in turns),
        median(turn.kernel for turn in turns),
    )


class Measurement:
    """Measures peers by a plan."""

    def __init__(self, stage: Stage, peers: Sequence[Peer], plan: Plan) -> None:
        self._stage = stage
        self._peers = peers
        self._plan = plan
        self._rounds: list[Round] = []

    def run(self) -> list[Round]:
        """Measure all.

        :raises BenchFailed: a peer does not work.
        """
        for number in range(self._plan.rounds):
            self._rounds.append({})
            self._round(number)
        if Part.SOAK in self._plan.parts:
            for peer in self._peers:
                _say(f"long run: {peer.name}")
                self._soak(peer)
        return self._rounds

    def _round(self, number: int) -> None:
        """Measure everything once. Each round begins with another peer."""
        first = number % len(self._peers)
        peers = [*self._peers[first:], *self._peers[:first]]
        parts: dict[Part, Callable[[Sequence[Peer]], None]] = {
            Part.START: self._all_starts,
            Part.LOAD: self._loads,
            Part.ORDERS: partial(self._posts, Kind.ORDER),
            Part.EVENTS: partial(self._posts, Kind.EVENT),
            Part.IMPORTS: self._imports,
            Part.CONTRACT: self._contract,
        }
        for part, measure in parts.items():
            if part in self._plan.parts:
                _say(f"round {number + 1} of {self._plan.rounds}: {part}")
                measure(peers)

    def _add(self, figure: Figure, peer: Peer, value: float) -> None:
        self._rounds[-1].setdefault(figure.name, {})[peer.name] = value

    def _all_starts(self, peers: Sequence[Peer]) -> None:
        for kind in _STARTS:
            self._starts([peer for peer in peers if peer.serves(kind)], kind)

    def _loads(self, peers: Sequence[Peer]) -> None:
        """Measure all peers at full load, then at half of uvicorn's rate if they can keep up."""
        for peer in peers:
            self._memory(peer)
        rates = self._full_load(peers)
        for peer in peers:
            if rates[peer.name] >= _HEADROOM / 2 * rates[UVICORN]:
                self._half_load(peer, rates[UVICORN] / 2)

    def _posts(self, kind: Kind, peers: Sequence[Peer]) -> None:
        with self._all_served(peers, kind) as served:
            for mode, (rate, cpu) in _POSTS[kind].items():
                for peer, loaded in self._in_turn(served, mode).items():
                    self._add(rate, peer, loaded.rate)
                    self._add(cpu, peer, loaded.cpu * _MEGA)

    def _starts(self, peers: Sequence[Peer], kind: Kind) -> None:
        """Start all peers in turn, several times."""
        times: dict[str, list[float]] = {peer.name: [] for peer in peers}
        used: dict[str, list[float]] = {peer.name: [] for peer in peers}
        for _ in range(self._plan.starts):
            for peer in peers:
                with self._stage.serve(peer, kind) as served:
                    times[peer.name].append(served.seconds * _KILO)
                    used[peer.name].append(served.cpu_seconds * _KILO)
        time_of, cpu_of = _STARTS[kind]
        for peer in peers:
            self._add(time_of, peer, median(times[peer.name]))
            self._add(cpu_of, peer, median(used[peer.name]))

    def _memory(self, peer: Peer) -> None:
        """Measure idle memory, while no other peer shares its pages."""
        with self._stage.serve(peer, Kind.HTTP) as served:
            time.sleep(_IDLE_SECONDS)
            memory = served.process.memory()
        self._add(figures.RESIDENT, peer, memory.resident / _MEGA)
        self._add(figures.OWN, peer, memory.own / _MEGA)

    def _full_load(self, peers: Sequence[Peer]) -> dict[str, float]:
        """Measure rates and CPU time. Return the rates by peer."""
        with self._all_served(peers, Kind.HTTP) as served:
            found = self._in_turn(served, Mode.GET)
        for peer, loaded in found.items():
            self._add(figures.RATE, peer, loaded.rate)
            self._add(figures.CPU, peer, loaded.cpu * _MEGA)
            self._add(figures.CPU_KERNEL, peer, loaded.kernel * _MEGA)
            self._add(figures.BUSY, peer, loaded.cpu * loaded.rate)
            self._add(figures.P99_FULL, peer, loaded.p99 * _KILO)
        return {peer.name: loaded.rate for peer, loaded in found.items()}

    @contextmanager
    def _all_served(self, peers: Sequence[Peer], kind: Kind) -> Iterator[dict[Peer, Served]]:
        """Serve with all peers that can, within `with`."""
        with ExitStack() as stack:
            yield {
                peer: stack.enter_context(self._stage.serve(peer, kind))
                for peer in peers
                if peer.serves(kind)
            }

    def _in_turn(self, served: dict[Peer, Served], mode: Mode) -> dict[Peer, Loaded]:
        """Send the load to one server after the other, again and again, a second to each.

        So work of others on the machine, which comes and goes within seconds, slows all of them.
        """
        for server in served.values():
            self._send(server, mode, _WARM_SECONDS)
        turns = [
            {peer: self._turn(server, mode) for peer, server in served.items()}
            for _ in range(self._plan.seconds)
        ]
        return {peer: middle([turn[peer] for turn in turns]) for peer in served}

    def _turn(self, served: Served, mode: Mode) -> Loaded:
        before = served.process.cpu()
        answered = self._send(served, mode, _TURN_SECONDS)
        used = served.process.cpu() - before
        each = 1 / answered.requests
        return Loaded(answered.rate, answered.p99, used.total * each, used.kernel * each)

    def _send(self, served: Served, mode: Mode, seconds: int) -> Answered:
        return load.send(served.port, mode, connections=CONNECTIONS, seconds=seconds)

    def _half_load(self, peer: Peer, rate: float) -> None:
        connections = connections_for(rate)
        with self._stage.serve(peer, Kind.HTTP) as served:
            self._send(served, Mode.GET, _WARM_SECONDS)
            answered = load.send(
                served.port,
                Mode.GET,
                connections=connections,
                seconds=self._plan.seconds,
                think_ms=THINK_MS,
            )
        self._add(figures.P99_HALF, peer, answered.p99 * _KILO)
        self._add(figures.HALF_RATE, peer, answered.rate)

    def _imports(self, peers: Sequence[Peer]) -> None:
        both = {
            Kind.HTTP: (figures.MODULES, figures.IMPORTS),
            Kind.EVENT: (figures.MODULES_EVENT, figures.IMPORTS_EVENT),
        }
        for kind, (modules, seconds) in both.items():
            for peer in (peer for peer in peers if peer.serves(kind)):
                with self._stage.serve(peer, kind, "-X", "importtime") as served:
                    found = imports.parse(served.process.log())
                self._add(modules, peer, found.modules)
                self._add(seconds, peer, found.seconds * _KILO)

    def _contract(self, peers: Sequence[Peer]) -> None:
        for peer in peers:
            if peer.name == OURS:
                seconds = float(self._stage.run(peer, "contract"))
                self._add(figures.CONTRACT, peer, seconds * _MEGA)

    def _soak(self, peer: Peer) -> None:
        """Send many requests, and measure how the memory grows after the first tenth."""
        with self._stage.serve(peer, Kind.HTTP) as served:
            sizes, sent, seconds = list[int](), 0, 0
            answered = self._send(served, Mode.GET, 1)
            step = max(1, round(self._plan.soak / _SOAK_STEPS / answered.rate))
            while sent < self._plan.soak and seconds < _SOAK_SECONDS:
                sent += self._send(served, Mode.GET, step).requests
                seconds += step
                sizes.append(served.process.memory().resident)
        self._add(figures.SOAK, peer, sent)
        self._add(figures.SOAKED, peer, sizes[-1] / _MEGA)
        self._add(figures.GROWTH, peer, sizes[-1] / sizes[0])


def connections_for(rate: float) -> int:
    """Return the number of connections for a rate. Each waits before a request."""
    return max(1, round(rate * THINK_MS / _KILO))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
