"""Which objects of Knative and Tekton are applied, and what is changed in them."""

from pathlib import Path

import pytest
import yaml

from tools.cluster import objects
from tools.cluster.objects import Sources

LIMITS = """\
resources:
  requests: {}
  limits:
    cpu: 1000m
    memory: 1Gi
env:
  cpu: counted
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "image: ko://knative.dev/serving/cmd/controller",
            "image: localhost:5000/knative/serving-controller",
        ),
        (
            "image: ko://knative.dev/eventing/cmd/in_memory/channel_controller",
            "image: localhost:5000/knative/eventing-channel_controller",
        ),
        (
            'args: ["-git", "ko://github.com/tektoncd/pipeline/cmd/entrypoint"]',
            'args: ["-git", "localhost:5000/knative/tekton-entrypoint"]',
        ),
        (
            '"cgr.dev/chainguard/busybox@sha256:0", "x"',
            '"localhost:5000/library/bash:5.1", "x"',
        ),
        ("cpu: 100m", "cpu: 10m"),
        ('cpu: "100m"', "cpu: 10m"),
        ("cpu: 100m # much", "cpu: 100m # much"),
        ("image: registry.example/cmd/controller", "image: registry.example/cmd/controller"),
    ],
)
def test_images_and_requests(line: str, expected: str) -> None:
    """Our images replace ko's, and CPU requests are small."""
    assert f"{expected}\n" == objects.adapted(f"{line}\n")


def test_no_cpu_is_capped() -> None:
    """The CPU of limits is removed, and no other line."""
    assert LIMITS.replace("    cpu: 1000m\n", "") == objects.adapted(LIMITS)


def test_files_as_one() -> None:
    """Each file is a separate document, with or without a newline at its end."""
    read = list(yaml.safe_load_all(objects.documents(["a: 1", "b: 2\n---\nc: 3\n"])))

    assert [{"a": 1}, {"b": 2}, {"c": 3}] == read


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """The folders of the modules, empty."""
    names = ("serving", "networking", "caching", "eventing/config", "tekton")
    return Sources(*(tmp_path / name for name in names))


def test_what_is_applied_in_which_order(sources: Sources) -> None:
    """Kinds and roles come before deployments and settings."""
    files = {
        "200-roles/role.yaml": sources.serving,
        "300-crds/kind.yaml": sources.tekton,
        "core/resources/broker.yaml": sources.eventing,
        "configmaps/config-domain.yaml": sources.serving,
        "config-defaults.yaml": sources.tekton,
    }
    for name, folder in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()

    defined, applied = objects.definitions(sources), objects.objects(sources)

    assert [True, True, True, False, False] == [
        folder / name in defined for name, folder in files.items()
    ]
    assert [False, False, False, True, True] == [
        folder / name in applied for name, folder in files.items()
    ]


def test_tektons_own_certificate_is_not_applied(sources: Sources) -> None:
    """config-registry-cert is created separately, and must not be replaced by an empty one."""
    sources.tekton.mkdir()
    for name in ("config-registry-cert.yaml", "config-events.yaml"):
        (sources.tekton / name).touch()

    assert ["config-events.yaml"] == [
        path.name
        for path in objects.objects(sources)
        if path.name.startswith("config-") and path.parent == sources.tekton
    ]


def test_volumes() -> None:
    """Each volume is a folder of the node."""
    volumes = objects.volumes(Path("/state/volumes"))

    assert [f"/state/volumes/{number}" for number in range(1, 9)] == [str(path) for path in volumes]
    for folder, text in volumes.items():
        read = yaml.safe_load(text)
        assert (f"folder-{folder.name}", str(folder)) == (
            read["metadata"]["name"],
            read["spec"]["hostPath"]["path"],
        )


def test_deployments_without_pods() -> None:
    """Deployments with fewer pods than requested are named."""
    table = (
        "knative-serving    activator    1/1   1   1   5m\n"
        "knative-serving    webhook      0/1   1   0   5m\n"
        "tekton-pipelines   controller   2/10  1   0   5m\n"
    )

    assert ["knative-serving/webhook: 0/1 pods", "tekton-pipelines/controller: 2/10 pods"] == (
        objects.without_pods(table)
    )
    assert [] == objects.without_pods("")
