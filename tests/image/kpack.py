"""Builds an image like kpack: kpack's code creates the pod of a build, Docker runs its containers.

The first container, `prepare`, fetches the source; here it is copied. The last one, `completion`,
signs and attests, and has nothing to do without keys.
"""

import json
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from testcontainers.core.docker_client import DockerClient

from image import prerequisites

PREPARE = "prepare"
_VARIABLE = "PLATFORM_ENV_"  # begins the names of variables that are the build's


def documents(paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Return the documents of manifests by kind."""
    return {item["kind"]: item for path in paths for item in yaml.safe_load_all(path.read_text())}


def make_builder(pack: Path, manifests: dict[str, dict[str, Any]], folder: Path) -> str:
    """Push the builder of the manifests, and return its name.

    kpack has code of its own for that; pack makes the same of the same parts.
    """
    stack, builder = manifests["ClusterStack"]["spec"], manifests["Builder"]["spec"]
    (source,) = manifests["ClusterStore"]["spec"]["sources"]
    ((buildpack,),) = (order["group"] for order in builder["order"])
    config = f"""\
[build]
image = "{stack["buildImage"]["image"]}"
[run]
[[run.images]]
image = "{stack["runImage"]["image"]}"
[stack]
id = "{stack["id"]}"
build-image = "{stack["buildImage"]["image"]}"
run-image = "{stack["runImage"]["image"]}"
[lifecycle]
uri = "{prerequisites.TOOLS / "lifecycle.tgz"}"
[[buildpacks]]
image = "{source["image"]}"
[[order]]
[[order.group]]
id = "{buildpack["id"]}"
"""
    (folder / "builder.toml").write_text(config)
    command = [pack, "builder", "create", builder["tag"], "--config", folder / "builder.toml"]
    done = subprocess.run(
        [*command, "--publish", "--pull-policy", "if-not-present"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return str(builder["tag"])


def kpack(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run kpack's own validation and creation of a pod (tools/kpack)."""
    command = [prerequisites.program("kpack"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def pod(builder: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Return the pod of the first build."""
    done = kpack("-builder", builder, *paths)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@dataclass(frozen=True)
class Volumes:
    """The volumes of a pod, in Docker."""

    client: DockerClient
    prefix: str

    def mounts(self, container: dict[str, Any]) -> dict[str, dict[str, str]]:
        """Return Docker's mounts for a container."""
        return {
            f"{self.prefix}-{mount['name']}": {"bind": mount["mountPath"], "mode": "nocopy"}
            for mount in container["volumeMounts"]
        }


@contextmanager
def volumes(client: DockerClient, prefix: str) -> Iterator[Volumes]:
    """Yield the volumes of a pod, and remove them at the end."""
    try:
        yield Volumes(client, prefix)
    finally:
        for volume in client.client.volumes.list(filters={"name": prefix}):
            volume.remove(force=True)


def build(made: dict[str, Any], app: Path, shared: Volumes) -> str:
    """Run the containers of a pod one after another, and return their logs."""
    prepare, *steps = made["spec"]["initContainers"]
    assert prepare["name"] == PREPARE
    identity = made["spec"]["securityContext"]
    (image,) = {step["image"] for step in steps}
    shared.client.client.images.pull(image, tag="latest")
    _prepare(image, prepare, identity, app, shared)
    logs = []
    for step in steps:
        status, log = _run(
            shared,
            step["image"],
            [*step["command"], *step["args"]],
            user=f"{identity['runAsUser']}:{identity['runAsGroup']}",
            environment={item["name"]: item.get("value", "") for item in step.get("env", ())},
            volumes=shared.mounts(step),
            cap_drop=step["securityContext"]["capabilities"]["drop"],
            security_opt=["no-new-privileges"],
        )
        logs.append(log)
        assert status == 0, "\n".join(logs)
    return "\n".join(logs)


def _prepare(
    image: str, prepare: dict[str, Any], identity: dict[str, Any], app: Path, shared: Volumes
) -> None:
    """Do the work of `prepare`, on folders that belong to the pod's group (fsGroup)."""
    app_mount = {str(app): {"bind": "/app", "mode": "ro"}}
    # The report's folder belongs to the pod too; `prepare` does not see it.
    report = {f"{shared.prefix}-report-dir": {"bind": "/var/report", "mode": "nocopy"}}
    mounts = shared.mounts(prepare) | report
    folders = " ".join(mount["bind"] for mount in mounts.values())
    variables = "\n".join(
        f"printf %s {shlex.quote(item['value'])} >/platform/env/{name.removeprefix(_VARIABLE)}"
        for item in prepare["env"]
        if (name := item["name"]).startswith(_VARIABLE)
    )
    script = f"""set -e
chown 0:{identity["fsGroup"]} {folders} && chmod 2777 {folders}
cp -R --no-preserve=ownership /app/. /workspace && mkdir -p /platform/env
{variables}
chown -R {identity["runAsUser"]}:{identity["runAsGroup"]} /workspace/* /platform/env
"""
    command = ["sh", "-c", script]
    status, log = _run(shared, image, command, user="0", volumes=mounts | app_mount)
    assert status == 0, log


def _run(shared: Volumes, image: str, command: list[str], **options: Any) -> tuple[int, str]:
    container = shared.client.client.containers.create(
        image, command[1:], entrypoint=command[0], network_mode="host", **options
    )
    try:
        container.start()
        status = int(container.wait()["StatusCode"])
        return status, container.logs().decode()
    finally:
        container.remove(force=True)
