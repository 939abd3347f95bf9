"""The cluster of `make cluster`: its objects by kubectl, its functions through the gateway."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.build import process
from bench.errors import BenchFailed

# tools/cluster/settings.py
GATEWAY = "198.18.93.2"
_DOMAIN = "knative.test"

_PATIENCE = 120.0
_POLL_SECONDS = 0.2
# Knative also gives a pod this time to end, by default 300 s. func-python does not end
# before if it gets SIGTERM while it starts: PID 1 ignores a signal without a handler.
_TIME_LIMIT_SECONDS = 60
# As func deploys it: without a period, so queue-proxy probes often while a container starts.
_PROBE = {"httpGet": {"path": "/health/readiness", "port": 0}}


@dataclass(frozen=True)
class Cluster:
    """A namespace of the cluster. `environ` is the environment of programs."""

    kubectl: Path
    namespace: str
    environ: Mapping[str, str]

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run kubectl in the namespace, and return its output.

        :raises BenchFailed: it failed.
        """
        command: list[str | Path] = [self.kubectl, "--namespace", self.namespace, *arguments]
        return process.run(command, environ=self.environ, stdin=stdin).output

    def apply(self, document: Mapping[str, Any]) -> None:
        """Create or change an object."""
        self.run("apply", "--filename", "-", stdin=json.dumps(document))

    def serve(self, service: str, image: str) -> None:
        """Deploy an image as a Knative Service, and wait until it is ready."""
        container = {"image": image, "readinessProbe": _PROBE}
        revision = {"containers": [container], "timeoutSeconds": _TIME_LIMIT_SECONDS}
        self.apply(
            {
                "apiVersion": "serving.knative.dev/v1",
                "kind": "Service",
                "metadata": {"name": service},
                "spec": {"template": {"spec": revision}},
            }
        )
        self.run("wait", f"ksvc/{service}", "--for=condition=Ready", f"--timeout={_PATIENCE:.0f}s")

    def pods(self, service: str) -> list[dict[str, Any]]:
        """Return the pods of a service, including those that are terminating."""
        found = self.run("get", "pods", "--selector", _of(service), "--output", "json")
        pods: list[dict[str, Any]] = json.loads(found)["items"]
        return pods

    def wait_until_zero(self) -> None:
        """Wait until there is no pod of any service, because the kubelet works on all of them.

        :raises BenchFailed: there still is one.
        """
        end = time.monotonic() + _PATIENCE
        while found := self.run("get", "pods", "--output", "name"):
            if time.monotonic() > end:
                raise BenchFailed(f"There still are pods after {_PATIENCE:.0f} s: {found.split()}")
            time.sleep(_POLL_SECONDS)

    def watch(self, service: str, columns: str) -> list[str | Path]:
        """Return a command that writes a line for each change of a service's pods."""
        options = ("--watch", "--output", f"jsonpath={columns}")
        selected = ("get", "pods", "--selector", _of(service))
        return [self.kubectl, "--namespace", self.namespace, *selected, *options]

    def host(self, service: str) -> str:
        """Return the host name of a service."""
        return f"{service}.{self.namespace}.{_DOMAIN}"


def _of(service: str) -> str:
    return f"serving.knative.dev/service={service}"
