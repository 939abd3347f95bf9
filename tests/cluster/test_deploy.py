"""`func deploy` of a function on Knative, and of a changed function."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cluster import node
from cluster.node import Namespace
from image import prerequisites
from image.container import eventually
from image.func import Func

# Added to the func.yaml of tests/fixtures/functions/platform_probe.
CONFIGURATION = """
run:
  envs:
  - {name: PLAIN, value: 'a: "b" = c'}
  - {name: FROM_SECRET, value: '{{ secret:credentials:password }}'}
  - {name: FROM_CONFIG, value: '{{ configMap:settings:color }}'}
  volumes:
  - {secret: credentials, path: /secrets/credentials}
  - {configMap: settings, path: /configuration}
deploy:
  annotations: {example.com/team: orders}
  labels:
  - {key: example.com/tier, value: backend}
  healthEndpoints: {liveness: /alive, readiness: /set}
  options:
    scale: {min: 1, max: 3, metric: concurrency, target: 20}
    resources:
      requests: {cpu: 50m, memory: 64Mi}
      limits: {memory: 128Mi, concurrency: 50}
"""


@dataclass(frozen=True)
class Deployed:
    """A function that was deployed, and the folder that it was deployed from."""

    func: Func
    namespace: Namespace
    folder: Path

    @property
    def name(self) -> str:
        """Return its name, of the function and of the Service."""
        return self.folder.name

    def deploy(self) -> str:
        """Run `func deploy`; return what it wrote. The builder is the one that func.yaml names."""
        # --build: func takes a second's edit for none, and reuses the image of before.
        options = ["--builder", "pack", "--registry", self.func.registry, "--build=true"]
        return self.func.command(
            ["deploy", *options, "--namespace", self.namespace.name, "--verbose"], cwd=self.folder
        )

    def command(self, *arguments: str) -> str:
        """Run another command of func's in the folder."""
        return self.func.command([*arguments], cwd=self.folder)

    def get(self, path: str = "/", **query: str) -> httpx.Response:
        """Send a request to the function through the gateway."""
        with self.namespace.client(self.name) as client:
            return client.get(path, params=query)


def created(func: Func, namespace: Namespace, name: str, template: str) -> Deployed:
    """Create a function from a template of this repository."""
    pack = ["--repository", f"file://{prerequisites.ROOT}", "--template", template]
    func.command(["create", "--language", "python", *pack, name])
    return Deployed(func, namespace, func.folder / name)


@pytest.fixture(scope="module")
def http_function(func: Func, namespace: Namespace) -> Deployed:
    """Return a function of our http template, deployed."""
    made = created(func, namespace, "http", "http")
    made.deploy()
    return made


def test_a_template_is_deployed_and_answers(http_function: Deployed) -> None:
    """When `func deploy` ends, the function is ready and answers at its address."""
    answer = http_function.get("/orders")
    assert {"message": "Hello", "path": "/orders", "bytes": 0} == answer.json()


def test_it_is_invoked(http_function: Deployed) -> None:
    """`func invoke` gets the answer of the deployed function."""
    options = ["--target", "remote", "--data", "12345"]
    said = http_function.func.command(
        ["invoke", *options], cwd=http_function.folder, variables=node.PROXY
    )
    assert '{"message": "Hello", "path": "/", "bytes": 5}' == said.strip()


def test_it_is_described(http_function: Deployed) -> None:
    """`func describe` names the image and the address."""
    said = http_function.command("describe")
    assert f"{http_function.func.registry}/http@sha256:" in said
    assert f"http://{http_function.namespace.host('http')}" in said


def test_the_service_is_hardened_and_probed(http_function: Deployed) -> None:
    """The container runs as the image's user without privileges, and its health is asked for."""
    service = http_function.namespace.get("ksvc", "http")
    (container,) = service["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/readiness"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/liveness"


def test_a_changed_function_takes_over(http_function: Deployed) -> None:
    """After `func deploy` of a change, the new code answers, and the old pods stop."""
    before = http_function.namespace.get("ksvc", "http")["status"]["latestReadyRevisionName"]
    source = http_function.folder / "function" / "func.py"
    source.write_text(source.read_text().replace('"GREETING", "Hello"', '"GREETING", "Changed"'))

    log = http_function.deploy()

    assert "Reusing the dependencies layer" in log
    assert http_function.get().json()["message"] == "Changed"
    after = http_function.namespace.get("ksvc", "http")["status"]["latestReadyRevisionName"]
    assert after != before
    assert eventually(lambda: before not in _revisions_with_pods(http_function))


def _revisions_with_pods(function: Deployed) -> set[str]:
    pods = function.namespace.pods(function.name)
    return {pod["metadata"]["labels"]["serving.knative.dev/revision"] for pod in pods}


def test_an_event_function_is_deployed_and_invoked(func: Func, namespace: Namespace) -> None:
    """A function of our cloudevents template replies with an event to `func invoke`."""
    made = created(func, namespace, "events", "cloudevents")
    made.deploy()
    options = ["--target", "remote", "--data", '{"item": "book"}']
    said = func.command(["invoke", *options], cwd=made.folder, variables=node.PROXY)
    assert "com.example.reply" in said
    assert '"item": "book"' in said


def test_configuration_reaches_the_function(func: Func, namespace: Namespace) -> None:
    """Variables, secrets, configMaps, volumes, labels, health paths and limits of func.yaml."""
    namespace.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "credentials"},
            "stringData": {"password": "pass: word"},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "settings"},
            "data": {"color": "green"},
        },
    )
    folder = shutil.copytree(prerequisites.FUNCTIONS / "platform_probe", func.folder / "configured")
    func_yaml = folder / "func.yaml"
    builder = f"build:\n  builderImages: {{pack: {prerequisites.builder_in_registry()}}}\n"
    text = func_yaml.read_text().replace("name: probe", "name: configured")
    func_yaml.write_text(text + builder + CONFIGURATION)
    function = Deployed(func, namespace, folder)

    function.deploy()

    assert function.get("/variable", name="PLAIN").text == 'a: "b" = c'
    assert function.get("/variable", name="FROM_SECRET").text == "pass: word"
    assert function.get("/variable", name="FROM_CONFIG").text == "green"
    assert function.get("/file", name="/secrets/credentials/password").text == "pass: word"
    assert function.get("/file", name="/configuration/color").text == "green"
    service = namespace.get("ksvc", "configured")
    template = service["spec"]["template"]
    assert service["metadata"]["labels"]["example.com/tier"] == "backend"
    assert service["metadata"]["annotations"]["example.com/team"] == "orders"
    assert template["metadata"]["annotations"]["autoscaling.knative.dev/max-scale"] == "3"
    assert template["spec"]["containerConcurrency"] == 50
    (container,) = template["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/set"
    assert container["resources"]["limits"]["memory"] == "128Mi"


def test_a_deleted_function_is_gone(func: Func, namespace: Namespace) -> None:
    """`func delete` removes the Service and its pods."""
    made = created(func, namespace, "brief", "http")
    made.deploy()
    assert made.get().status_code == httpx.codes.OK
    made.command("delete")
    assert "brief" not in namespace.kubectl("get", "ksvc", "--output", "name")
    assert eventually(lambda: not namespace.pods("brief"))
