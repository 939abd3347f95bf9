"""The gateway of the cluster: nginx, with the routes of Knative's Ingress objects.

Knative requires a networking layer. The usual ones (Kourier, Istio, Contour) need Envoy. The fields
of an Ingress: https://github.com/knative/networking, pkg/apis/networking/v1alpha1.

    gateway.py KUBECTL KUBECONFIG NGINX FOLDER
"""

import hashlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SECONDS_BETWEEN_LOOKS = 0.3
_KIND = "ingresses.networking.internal.knative.dev"
_CONDITIONS = ("LoadBalancerReady", "NetworkConfigured", "Ready")

_CONFIGURATION = """\
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  server_tokens off;
  server_names_hash_bucket_size 128;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  keepalive_timeout 3600;
  keepalive_requests 1000000;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_request_buffering off;
  proxy_read_timeout 3600;
  proxy_next_upstream off;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  server {{ listen 80 default_server backlog=4096; return 404 "{version}"; }}
{servers}
}}
"""

# Brokers have no Ingress. Usually, sources are inside the cluster. This is for those outside.
_BROKERS = ("knative-eventing", "broker-ingress")
_BROKERS_SERVER = """\
  server {{
    listen 80;
    server_name {name}.{namespace}.svc.cluster.local;
    location / {{
      proxy_pass http://{address};
      proxy_set_header Host $http_host;
    }}
  }}
"""

_SERVER = """\
  split_clients $request_id ${name}_address {{ {addresses} }}
  split_clients $request_id ${name}_revision {{ {revisions} }}
  server {{
    listen 80;
    server_name {hosts};
    location / {{
      proxy_pass http://${name}_address;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Knative-Serving-Namespace {namespace};
      proxy_set_header Knative-Serving-Revision ${name}_revision;
    }}
  }}
"""


class Cluster:
    """The cluster, as kubectl sees it."""

    def __init__(self, kubectl: str, kubeconfig: str) -> None:
        self._command = [kubectl, "--kubeconfig", kubeconfig]

    def items(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind. Empty if the cluster does not have the kind yet."""
        done = self._run(["get", kind, "--all-namespaces", "--output", "json"])
        return list(json.loads(done.stdout)["items"]) if done.returncode == 0 else []

    def replace_status(self, ingress: Mapping[str, Any]) -> None:
        """Write the status of an Ingress. After a conflict, the next round tries it again."""
        meta = ingress["metadata"]
        path = (
            f"/apis/networking.internal.knative.dev/v1alpha1/namespaces/{meta['namespace']}"
            f"/ingresses/{meta['name']}/status"
        )
        done = self._run(["replace", "--raw", path, "--filename", "-"], json.dumps(ingress))
        print(meta["namespace"], meta["name"], done.stderr.strip() or "ready", flush=True)

    def _run(self, arguments: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments], input=text, capture_output=True, text=True, check=False
        )


class Nginx:
    """nginx, which is started with the first configuration."""

    def __init__(self, program: str, folder: Path) -> None:
        self._file = folder / "nginx.conf"
        self._command = [program, "-p", str(folder), "-c", str(self._file)]
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None
        self._servers: str | None = None

    def serve(self, servers: str) -> None:
        """Serve with this part of the configuration. Running requests are not interrupted."""
        if servers == self._servers:
            return
        version = hashlib.sha256(servers.encode()).hexdigest()
        configuration = _CONFIGURATION.format(folder=self._folder, version=version, servers=servers)
        self._file.write_text(configuration)
        if self._running is None:
            self._running = subprocess.Popen(self._command)
        else:
            subprocess.run([*self._command, "-s", "reload"], check=True)
        while _served() != version:
            time.sleep(0.02)
        self._servers = servers


def _served() -> str:
    """Return the version of the configuration that nginx uses for new connections."""
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    except ConnectionRefusedError:  # it is about to start
        return ""
    finally:
        connection.close()


def main(kubectl: str, kubeconfig: str, nginx: str, folder: str) -> None:
    """Follow the changes of the cluster, without an end."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    cluster, server = Cluster(kubectl, kubeconfig), Nginx(nginx, Path(folder))
    while True:
        ingresses = cluster.items(_KIND)
        addresses = {
            (item["metadata"]["namespace"], item["metadata"]["name"]): item["spec"].get("clusterIP")
            for item in cluster.items("services")
        }
        routable = [ingress for ingress in ingresses if _is_routable(ingress, addresses)]
        server.serve("".join((*_brokers(addresses), *_servers(routable, addresses))))
        for ingress in routable:
            if not _is_ready(ingress):
                ingress["status"] = _ready_status(ingress)
                cluster.replace_status(ingress)
        time.sleep(_SECONDS_BETWEEN_LOOKS)


Addresses = Mapping[tuple[str, str], str]


def _is_routable(ingress: Mapping[str, Any], addresses: Addresses) -> bool:
    """Return whether the services of an Ingress exist."""
    return all(
        (split["serviceNamespace"], split["serviceName"]) in addresses
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
        for split in path["splits"]
    )


def _is_ready(ingress: Mapping[str, Any]) -> bool:
    status = ingress.get("status", {})
    ready = {item["type"] for item in status.get("conditions", ()) if item["status"] == "True"}
    return "Ready" in ready and (
        status.get("observedGeneration") == ingress["metadata"]["generation"]
    )


def _ready_status(ingress: Mapping[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    balancer = {"ingress": [{"domainInternal": "gateway.knative-serving.svc.cluster.local"}]}
    return {
        "observedGeneration": ingress["metadata"]["generation"],
        "publicLoadBalancer": balancer,
        "privateLoadBalancer": balancer,
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now} for kind in _CONDITIONS
        ],
    }


def _brokers(addresses: Addresses) -> Iterator[str]:
    """Return nginx's configuration for the service that receives the events of all brokers."""
    if address := addresses.get(_BROKERS):
        namespace, name = _BROKERS
        yield _BROKERS_SERVER.format(name=name, namespace=namespace, address=address)


def _servers(ingresses: list[dict[str, Any]], addresses: Addresses) -> Iterator[str]:
    """Return nginx's configuration of each rule. It uses the path that matches all requests."""
    for ingress in sorted(ingresses, key=lambda item: str(item["metadata"]["uid"])):
        for number, rule in enumerate(ingress["spec"]["rules"]):
            path = next(path for path in rule["http"]["paths"] if not path.get("headers"))
            yield _SERVER.format(
                name=f"i{ingress['metadata']['uid'].replace('-', '')}_{number}",
                hosts=" ".join(rule["hosts"]),
                namespace=ingress["metadata"]["namespace"],
                addresses=_shares(
                    (split["percent"], _address(split, addresses)) for split in path["splits"]
                ),
                revisions=_shares(
                    (split["percent"], split["appendHeaders"]["Knative-Serving-Revision"])
                    for split in path["splits"]
                ),
            )


def _address(split: Mapping[str, Any], addresses: Addresses) -> str:
    address = addresses[split["serviceNamespace"], split["serviceName"]]
    return f"{address}:{split['servicePort']}"


def _shares(values: "Iterator[tuple[int, str]]") -> str:
    """Return the lines of split_clients. The last one gets the rest of 100 %."""
    *first, (_, last) = ((percent, value) for percent, value in values if percent)
    return " ".join([*(f"{percent}% {value};" for percent, value in first), f"* {last};"])


if __name__ == "__main__":
    main(*sys.argv[1:])
