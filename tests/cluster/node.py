"""The cluster of `make cluster`, for kubectl and for clients outside of it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from image import prerequisites

GATEWAY = "198.18.93.2"  # tools/cluster/settings.py
HOST = "198.18.93.1"  # this machine, as pods see it
DOMAIN = "knative.test"
REGISTRY = prerequisites.REGISTRY
REGISTRY_IN_CLUSTER = "registry.default.svc.cluster.local:5000"

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
STATE = _CACHE / "knative-python" / "cluster"
# What kubectl and func find the cluster with.
VARIABLES = {"KUBECONFIG": str(STATE / "kubeconfig")}
# What `func invoke` reaches a function with: no name server knows the name, but the gateway does.
PROXY = {"HTTP_PROXY": f"http://{GATEWAY}", "NO_PROXY": "localhost,127.0.0.1"}
_TIMEOUT = 120


@dataclass(frozen=True)
class Namespace:
    """A namespace of the cluster, with the functions of one file of tests."""

    name: str

    def kubectl(self, *arguments: str, text: str = "") -> str:
        """Run kubectl in the namespace and return what it wrote."""
        done = self.attempt(*arguments, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attempt(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl in the namespace; it may fail."""
        return subprocess.run(
            [prerequisites.program("kubectl"), "--namespace", self.name, *arguments],
            env=os.environ | VARIABLES,
            input=text,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )

    def get(self, kind: str, name: str = "") -> dict[str, Any]:
        """Return an object, or all of a kind."""
        named = (name,) if name else ()
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, *named, "--output", "json"))
        return found

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change objects."""
        self.kubectl("apply", "--filename", "-", text=yaml.safe_dump_all(objects))

    def deploy(self, name: str, image: str, **options: Any) -> None:
        """Deploy an image as `deploy_only` does, and wait until it is ready."""
        self.deploy_only(name, image, **options)
        self.wait_until_ready(name)

    def deploy_only(
        self,
        name: str,
        image: str,
        *,
        annotations: dict[str, str] | None = None,
        env: dict[str, str] | None = None,
        limits: dict[str, str] | None = None,
        **spec: Any,
    ) -> None:
        """Deploy an image as a Knative Service.

        `annotations` and `spec` are the revision's, `limits` its container's.
        """
        variables = [{"name": key, "value": value} for key, value in (env or {}).items()]
        container = {
            "image": image,
            "env": variables,
            "readinessProbe": PROBE,
            "resources": {"limits": limits or {}},
        }
        self.apply(
            {
                "apiVersion": "serving.knative.dev/v1",
                "kind": "Service",
                "metadata": {"name": name},
                "spec": {
                    "template": {
                        "metadata": {"annotations": annotations or {}},
                        "spec": {"containers": [container], **spec},
                    }
                },
            }
        )

    def wait_until_ready(self, name: str, kind: str = "ksvc") -> None:
        """Wait until an object is ready, a service with its newest revision."""
        # Not asked again and again: each kubectl takes time from what has to become ready.
        done = self.attempt("wait", "--for=condition=Ready", f"{kind}/{name}", "--timeout=100s")
        assert done.returncode == 0, self.kubectl("describe", "ksvc,revision,pod")

    def conditions(self, name: str) -> str:
        """Return what Knative says of a service: the messages of its conditions."""
        found = self.get("ksvc", name).get("status", {}).get("conditions", ())
        return "\n".join(item.get("message", "") for item in found)

    def pods(self, service: str) -> list[dict[str, Any]]:
        """Return the pods of a service that are there and are not about to end."""
        label = f"serving.knative.dev/service={service}"
        found = json.loads(self.kubectl("get", "pods", "--selector", label, "--output", "json"))
        return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def wait_until_run(self, name: str) -> None:
        """Wait until a run of a pipeline has succeeded."""
        end = time.monotonic() + _TIMEOUT
        while (succeeded := self._succeeded(name)) == "Unknown" and time.monotonic() < end:
            time.sleep(0.5)
        assert succeeded == "True", self.kubectl("describe", "pipelinerun,taskrun")

    def _succeeded(self, run: str) -> str:
        conditions = self.get("pipelinerun", run).get("status", {}).get("conditions", ())
        return next((item["status"] for item in conditions), "Unknown")

    def step(self, name: str) -> dict[str, Any]:
        """Return the container of a step of the newest task that has one of that name."""
        _, container = self._step(name)
        return container

    def step_log(self, name: str) -> str:
        """Return what that step wrote."""
        pod, container = self._step(name)
        return self.kubectl("logs", pod, "--container", container["name"])

    def _step(self, name: str) -> tuple[str, dict[str, Any]]:
        pods = sorted(
            self.get("pods")["items"], key=lambda pod: str(pod["metadata"]["creationTimestamp"])
        )
        found = [
            (pod["metadata"]["name"], container)
            for pod in pods
            for container in pod["spec"]["containers"]
            if container["name"] == f"step-{name}"
        ]
        return found[-1]

    def host(self, service: str) -> str:
        """Return the name that a service is asked under."""
        return f"{service}.{self.name}.{DOMAIN}"

    @contextmanager
    def client(self, service: str) -> Iterator[httpx.Client]:
        """Yield an HTTP client of a service, through the gateway."""
        headers = {"Host": self.host(service)}
        with httpx.Client(
            base_url=f"http://{GATEWAY}", headers=headers, timeout=_TIMEOUT, trust_env=False
        ) as client:
            yield client


# As func deploys it: no period, which makes Knative ask often while a container starts.
PROBE = {"httpGet": {"path": "/health/readiness", "port": 0}}


@contextmanager
def namespace(name: str) -> Iterator[Namespace]:
    """Create a namespace, and remove it with all its objects at the end."""
    made = Namespace(name)
    if not (STATE / "ready").exists():
        prerequisites.missing("No cluster runs", "make cluster")
    made.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    try:
        yield made
    finally:
        made.kubectl("delete", "namespace", name, "--wait=false")
