"""The images of the cluster's pods, in the registry on loopback.

They are the parts of Knative and Tekton, the first process of every pod, and images in pipelines.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import process
from tools.cache import keys
from tools.cluster import bundle
from tools.cluster.settings import YAML, Cluster
from tools.console import Failure, say
from tools.go import build
from tools.machine import registry

_PAUSE = Path(__file__).parent / "pause"
_GIT_CLONE = (
    "tektoncd/catalog/upstream/stepactions/git-clone:09f70e6a6485a7d99b01d75610870b13222732e8"
)
# func-util has several commands. The name that it is called by selects one.
_FUNC_UTIL_NAMES = ("deploy", "scaffold", "sh", "socat", "s2i", "s2i-generate")


@dataclass(frozen=True)
class Image:
    """An image of at most one program.

    :param name: without the registry
    :param dockerfile: the lines of its Dockerfile
    :param program: the program, which the Dockerfile finds in the folder root. Its path in the
        cache changes with its contents, so the key contains only the path
    :param links: more names of the program in that folder
    """

    name: str
    dockerfile: tuple[str, ...]
    program: Path | None = None
    links: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the key of everything that decides the contents of the image."""
        text = "\n".join(self.dockerfile)
        return keys.key(
            {"dockerfile": text, "program": str(self.program), "links": " ".join(self.links)}
        )


def push(cluster: Cluster) -> None:
    """Push the images that are missing in the registry.

    :raises Failure: the build image is missing, or an image cannot be built or pushed
    """
    for image in [*_knative(cluster), *_of_builds(cluster), _pause(cluster)]:

        def build_and_push(image: Image = image) -> None:
            _build_and_push(cluster, image)

        push_once(cluster, image.name, image.key, build_and_push)
    object_of_git = YAML / "git-clone.yaml"
    source = {"bundle": Path(bundle.__file__), "object": object_of_git}
    push_once(
        cluster,
        _GIT_CLONE,
        keys.key(source),
        lambda: bundle.push(f"http://{_host(cluster)}", _GIT_CLONE, object_of_git),
    )


def program(name: str, path: Path) -> Image:
    """Return an image with one program, at the path that ko uses and that Tekton calls."""
    file = path.name
    lines = (f"COPY root/{file} /ko-app/{file}", "USER 65532", f'ENTRYPOINT ["/ko-app/{file}"]')
    return Image(name, ("FROM scratch", *lines), path)


def kubectl(path: Path) -> Image:
    """Return an image like that of registry.k8s.io, which deploy/tekton names."""
    lines = ("COPY root/kubectl /bin/kubectl", "ENV PATH=/bin", 'ENTRYPOINT ["/bin/kubectl"]')
    return Image("kubectl:v1.34.2", ("FROM scratch", *lines), path)


def func_util(path: Path) -> Image:
    """Return the image with func's program for its pipelines."""
    # The whole folder. With single names, Docker would copy the targets of links.
    lines = ("FROM scratch", "COPY root /", "ENV PATH=/", "USER 0:0")
    return Image("knative/func-utils:v2", lines, path, _FUNC_UTIL_NAMES)


def shell(build_image: str) -> Image:
    """Return an image with bash, coreutils, sed and git: the build image, as root."""
    return Image("library/bash:5.1", (f"FROM {build_image}", "USER 0:0"))


def _knative(cluster: Cluster) -> Iterator[Image]:
    for part in ("serving", "eventing", "tekton"):
        for path in sorted(cluster.part(part).resolve().iterdir()):
            yield program(f"knative/{part}-{path.name}:latest", path)
    queue = cluster.tool("queue-proxy")
    yield program("knative/serving-queue:latest", queue)


def _of_builds(cluster: Cluster) -> Iterator[Image]:
    yield func_util(cluster.tool("func-util"))
    yield kubectl(cluster.program("kubernetes", "kubectl").resolve())
    name = f"{_host(cluster)}/knative-python/build"
    build_image = process.answer(["docker", "image", "inspect", "--format", "{{.Id}}", name])
    if build_image is None:
        raise Failure("There is no build image", "Run: make registry")
    yield shell(build_image)


def _pause(cluster: Cluster) -> Image:
    """Build the first process of every pod, and return its image."""

    def compile_pause(folder: Path) -> None:
        go = build.toolchain(cluster.cache, _go_version((_PAUSE / "go.mod").read_text()))
        command = [go.program, "-C", _PAUSE, "build", "-ldflags", "-s -w", "-o", folder / "pause"]
        process.quietly("build-pause", [*command, "."], logs=cluster.cache.logs, environ=go.environ)

    folder = cluster.cache.folder / "tools" / "pause" / keys.key(keys.files(_PAUSE))
    return program("knative/pause:1", cluster.cache.once(folder, compile_pause) / "pause")


def _go_version(go_mod: str) -> str:
    return go_mod.partition("\ngo ")[2].split()[0]


def _build_and_push(cluster: Cluster, image: Image) -> None:
    name = f"{_host(cluster)}/{image.name}"
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        (context / "Dockerfile").write_text("\n".join(image.dockerfile) + "\n")
        (context / "root").mkdir()
        if image.program:
            shutil.copy(image.program, context / "root")
            for link in image.links:
                (context / "root" / link).symlink_to(image.program.name)
        logs = cluster.cache.logs
        process.quietly("build-image", ["docker", "build", "--tag", name, folder], logs=logs)
    process.quietly("push-image", ["docker", "push", name], logs=logs)
    # It is in the registry, so the daemon does not need it.
    process.answer(["docker", "image", "rm", name])


def push_once(cluster: Cluster, name: str, key: str, push_it: Callable[[], None]) -> None:
    """Push an image, unless the registry has it from the same inputs.

    :param key: of everything that decides the contents of the image
    :raises Failure: `push_it` fails; the next call tries it again
    """
    # In the folder of the registry's images, so that both are removed together.
    note = registry.folder(cluster.settings) / f"pushed-{name.replace('/', '-').replace(':', '-')}"
    if note.exists() and note.read_text() == key:
        return
    say(f"Pushing {_host(cluster)}/{name}")
    push_it()
    note.write_text(key)


def _host(cluster: Cluster) -> str:
    return f"localhost:{cluster.settings.registry_port}"
