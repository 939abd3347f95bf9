"""The examples' images with the guide's requests, limits and signals."""

import importlib.util
from collections.abc import Iterator

import pytest

from image import prerequisites
from image.container import Container, eventually, serving, started
from image.pack import Build, Pack

# The guide's CloudEvent, as its curl command sends it.
EVENT_HEADERS = {
    "Ce-Specversion": "1.0",
    "Ce-Type": "com.example.sampletype",
    "Ce-Source": "example/source",
    "Ce-Id": "1234-5678-9101",
    "Ce-Subject": "example-subject",
    "Content-Type": "application/json",
}
EVENT_DATA = b'{"message": "Hello CloudEvent!"}'


@pytest.fixture(scope="module")
def http(http_build: Build) -> Iterator[Container]:
    """Run the image of examples/http, for tests that do not change it."""
    with serving(http_build.image) as container:
        yield container


@pytest.fixture(scope="module")
def events(event_build: Build) -> Iterator[Container]:
    """Run the image of examples/cloudevents, for tests that do not change it."""
    with serving(event_build.image) as container:
        yield container


def test_root_answers_with_json(http: Container) -> None:
    """The guide's `curl http://localhost:8080` gets the function's answer."""
    response = http.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert (answer["method"], answer["path"]) == ("GET", "/")
    assert answer["message"] == "Hello, World!"


def test_other_paths_and_bodies_reach_the_function(http: Container) -> None:
    """A body in parts, a path and a query reach handle unchanged."""
    response = http.post("/a/path?q=1", content=iter([b"two ", b"parts"]))
    assert response.status_code == 200
    answer = response.json()
    assert (answer["method"], answer["path"]) == ("POST", "/a/path")
    assert answer["query"] == {"q": ["1"]}
    assert answer["message"] == "two parts"


@pytest.mark.parametrize("path", ["/health/liveness", "/health/readiness"])
def test_health_is_ok(http: Container, path: str) -> None:
    """The guide's two health requests get 200 and the function's messages."""
    response = http.get(path)
    assert response.status_code == 200
    assert response.text.startswith(("Alive", "Up for"))


def test_event_is_answered_with_an_event(events: Container) -> None:
    """The guide's CloudEvent request gets the reply event as one JSON document."""
    response = events.post("/", headers=EVENT_HEADERS, content=EVENT_DATA)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/cloudevents+json")
    reply = response.json()
    assert reply["type"] == "com.example.reply"
    assert reply["causationid"] == "1234-5678-9101"
    assert reply["subject"] == "example-subject"
    assert reply["data"]["message"] == "Hello CloudEvent!"


def test_structured_event_is_answered_with_an_event(events: Container) -> None:
    """An event as one JSON document is accepted, too."""
    event = {"specversion": "1.0", "id": "7", "type": "t", "source": "s", "data": {"message": "x"}}
    headers = {"Content-Type": "application/cloudevents+json"}
    response = events.http.post(events.url, headers=headers, json=event)
    assert response.status_code == 200
    assert response.json()["causationid"] == "7"


def test_request_without_an_event_is_refused(events: Container) -> None:
    """A request without a CloudEvent does not reach the function, and gets a 4xx."""
    assert events.get("/").status_code in (400, 415)


@pytest.mark.parametrize("path", ["/health/liveness", "/health/readiness"])
def test_health_of_an_event_function_is_ok(events: Container, path: str) -> None:
    """Health requests have no event, and are answered."""
    assert events.get(path).status_code == 200


@pytest.mark.row("R15")
def test_user_is_numeric_and_not_root(http_build: Build) -> None:
    """Kubernetes can see that the image does not run as root (`runAsNonRoot`)."""
    uid = http_build.image.attributes["Config"]["User"].partition(":")[0]
    assert uid.isdecimal()
    assert int(uid) > 0


@pytest.mark.row("R13", "R14", "R30")
def test_runs_without_rights(http_build: Build) -> None:
    """It serves on a read-only root, as any user, without capabilities."""
    limits = {
        "read_only": True,
        "tmpfs": ["/tmp"],
        "cap_drop": ["ALL"],
        "user": "12345:0",
        "security_opt": ["no-new-privileges"],
    }
    with serving(http_build.image, **limits) as container:
        assert container.get("/").status_code == 200
        assert container.stop() == 0
        assert "Function stopped" in container.log


def test_writes_nothing(http_build: Build) -> None:
    """From start to stop, the process changes no file, not even caches or bytecode."""
    with serving(http_build.image, user="12345:0") as container:
        assert container.get("/").status_code == 200
        assert container.stop() == 0
        assert container.written == []


def test_every_source_is_compiled(http_build: Build) -> None:
    """Each Python file of the image has bytecode that a start neither checks nor writes."""
    unchecked = b"\x01\x00\x00\x00"  # PEP 552: by hash, not compared with the source
    with (
        http_build.image.files("/layers/knative-python_function") as layers,
        http_build.image.files("/workspace") as workspace,
    ):
        for archive in (layers, workspace):
            names = [name for name in archive.getnames() if name.endswith(".py")]
            assert names
            flags = {
                name: content.read(8)[4:]
                for name in archive.getnames()
                if name.endswith(".pyc") and (content := archive.extractfile(name))
            }
            compiled = {importlib.util.source_from_cache(name) for name in flags}
            assert set(names) <= compiled
            assert set(flags.values()) == {unchecked}


@pytest.mark.row("R32")
def test_stop_runs_the_function_s_stop(http_build: Build) -> None:
    """`docker stop` runs the function's stop(), which writes to the log. The exit code is 0."""
    with serving(http_build.image) as container:
        assert container.get("/").status_code == 200
        assert container.stop() == 0
        assert "Function started" in container.log
        assert "Function stopped, requests handled: 1" in container.log


def test_port_moves_it(http_build: Build) -> None:
    """PORT sets the port."""
    with serving(http_build.image, env={"PORT": "9123"}, port=9123) as container:
        assert container.get("/").status_code == 200


@pytest.mark.parametrize(
    "address", ["[::]:9124", "0.0.0.0:9124", ":9124", "9124", "[::]:9124, 0.0.0.0:9124"]
)
def test_listen_address_moves_it(http_build: Build, address: str) -> None:
    """LISTEN_ADDRESS sets the address, in each form that platforms use."""
    with serving(http_build.image, env={"LISTEN_ADDRESS": address}, port=9124) as container:
        assert container.get("/").status_code == 200


def test_configuration_reaches_start(http_build: Build) -> None:
    """The container's environment is the cfg of start()."""
    with serving(http_build.image, env={"GREETING": "Good morning"}) as container:
        assert container.get("/").json()["message"] == "Good morning"


def test_failing_start_ends_the_process(pack: Pack) -> None:
    """If start() raises, the container exits with an error, and its log ends with the traceback."""
    built = pack.build(prerequisites.FUNCTIONS / "start_raises")
    with started(built.image) as container:
        assert container.wait() != 0
        last = container.log.rstrip().splitlines()[-1]
        assert last.endswith("ConnectionError: no database at db01")


def test_malformed_port_ends_the_process(http_build: Build) -> None:
    """The log names an invalid PORT."""
    with started(http_build.image, env={"PORT": "eighty"}) as container:
        assert container.wait() != 0
        assert "PORT" in container.log
        assert "eighty" in container.log
        assert "Traceback" not in container.log


def test_address_in_use_ends_the_process(http_build: Build, http: Container) -> None:
    """The log names a port that is in use."""
    network = f"container:{http.started.get_container_id()}"
    with started(http_build.image, network_mode=network) as container:
        assert container.wait() != 0
        assert "8080" in container.log
        assert "Traceback" not in container.log


@pytest.mark.parametrize("hooks", ["hooks_sync", "hooks_async"])
def test_hooks_may_be_sync_or_async(pack: Pack, hooks: str) -> None:
    """Both kinds of start, stop, alive and ready are called, and waited for."""
    kind = hooks.removeprefix("hooks_")
    built = pack.build(prerequisites.FUNCTIONS / hooks)
    with started(built.image, env={"PORT": "9125"}, port=9125) as container:
        assert eventually(container.is_ready), container.log
        assert container.get("/").text == "start"
        # A probe does not wait for a check that takes its time: then the next one has its answer.
        assert eventually(
            lambda: container.get("/health/liveness").text.strip() == f"{kind} alive"
        ), container.log
        assert container.get("/health/readiness").text.strip() == f"{kind} ready"
        assert container.stop() == 0
        assert f"{kind} start, PORT 9125" in container.log
        assert f"{kind} stop" in container.log


def test_runtime_layer_is_the_same_for_every_function(
    http_build: Build, event_build: Build
) -> None:
    """Two functions with other dependencies share the runtime's layer, so a node pulls it once.

    It is on the same layers in both, those of the run image, so a node unpacks it once too.
    """
    http, events = http_build.image.layers, event_build.image.layers
    assert http["asgi-runtime"] == events["asgi-runtime"]
    assert http["dependencies"] != events["dependencies"]
    stacks = [build.image.attributes["RootFS"]["Layers"] for build in (http_build, event_build)]
    own = stacks[0].index(http["asgi-runtime"]) + 1
    assert stacks[0][:own] == stacks[1][:own]
    assert http["dependencies"] == stacks[0][own]


@pytest.mark.row("R32")
def test_arguments_reach_the_runtime(http_build: Build) -> None:
    """The default process gets the arguments after the image's name."""
    with started(http_build.image, arguments=["--help"]) as container:
        assert container.wait() == 0
        assert "usage" in container.log.lower()
