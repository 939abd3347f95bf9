"""Facts about a machine, and the findings of `make doctor`."""

from dataclasses import replace

import pytest

from tools.doctor import __main__ as doctor
from tools.doctor import findings
from tools.doctor.facts import Docker, Facts
from tools.doctor.findings import NOTE, OK, PROBLEM, Finding

GB = 1_000_000_000
GOOD = Facts(
    system="Linux",
    machine="x86_64",
    kernel=(6, 1),
    python=(3, 13, 5),
    venv=True,
    root=True,
    programs=frozenset(("git", "make", "flock", "apt-get", "docker", "dockerd", "go")),
    docker=Docker("27.5.1", "", "/var/lib/docker", 50 * GB),
    docker_host="",
    cache="/home/me/.cache/knative-python",
    cache_writable=True,
    cache_executable=True,
    cache_free=50 * GB,
    memory=8 * GB,
    built=frozenset(),
    certificates="",
    certificates_error="",
    proxies=(),
    proxy_for_loopback=False,
    index_error="",
    registry_port="5000",
    ports={5000: "nothing", 8080: "nothing"},
)


def test_machine_that_has_all() -> None:
    """Nothing is wrong, and there is nothing to do."""
    found = findings.findings(GOOD)

    assert {OK} == {finding.level for finding in found}
    assert {""} == {finding.do for finding in found}


def without(name: str) -> frozenset[str]:
    """Return the programs of a good machine, except one."""
    return GOOD.programs - {name}


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"system": "Darwin"}, "Darwin: base images can only be built on Linux"),
        ({"machine": "riscv64"}, "riscv64: there are only images for amd64 and arm64"),
        ({"python": (3, 9, 2)}, "python3 is 3.9.2; 3.11 or newer is needed"),
        ({"venv": False, "programs": without("apt-get")}, "Python 3.13.5 has no venv"),
        ({"programs": without("git")}, "git is missing"),
        ({"programs": without("flock")}, "flock is missing"),
        ({"programs": without("apt-get")}, "mmdebstrap and apt-get are missing"),
        ({"root": False}, "Only root can build the images"),
        ({"cache_writable": False}, "/home/me/.cache/knative-python cannot be written to"),
        ({"cache_executable": False}, "is on a file system that is mounted with noexec"),
        ({"cache_free": 2 * GB}, "/home/me/.cache/knative-python has 2.0 GB free; 6 GB are"),
        (
            {"cache_free": GB // 2, "built": frozenset(("pack", "lifecycle"))},
            "has 0.5 GB free; 1 GB are needed",
        ),
        (
            {"docker": Docker("27.5.1", "", "/var/lib/docker", GB)},
            "Docker's /var/lib/docker has 1.0 GB free; 3 GB are needed",
        ),
        ({"docker": Docker("19.3.8")}, "Docker 19.3.8 is too old"),
        (
            {"docker": Docker(error="refused"), "docker_host": "unix:///x"},
            "Docker at DOCKER_HOST=unix:///x does not answer: refused",
        ),
        ({"docker_host": "tcp://10.0.0.1:2376"}, "DOCKER_HOST=tcp://10.0.0.1:2376 is another"),
        (
            {"root": False, "docker": Docker(error="dial unix: connect: permission denied")},
            "This user may not use Docker",
        ),
        (
            {"programs": frozenset(("git", "flock", "mmdebstrap")), "docker": Docker(error="none")},
            "No Docker daemon answers: none",
        ),
        (
            {"certificates": "/a.crt", "certificates_error": "No such file"},
            "SSL_CERT_FILE=/a.crt: No such file",
        ),
        ({"proxy_for_loopback": True}, "The proxy is also used for 127.0.0.1"),
        (
            {"registry_port": "abc", "ports": {8080: "nothing"}},
            "REGISTRY_PORT is not a port number",
        ),
        ({"index_error": "SSLError(CERTIFICATE_VERIFY_FAILED)"}, "The certificate of the package"),
        ({"index_error": "ProxyError('Cannot connect')"}, "The proxy does not connect"),
        ({"index_error": "HTTP error 403 while getting"}, "The package index refuses access"),
        ({"index_error": "first\nName or service not known"}, "does not answer: Name or service"),
    ],
)
def test_problem(change: dict[str, object], title: str) -> None:
    """If `make image` would fail, there is a problem with a title."""
    found = findings.findings(replace(GOOD, **change))  # type: ignore[arg-type]

    problems = [finding.title for finding in found if finding.level == PROBLEM]
    assert any(title in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"kernel": (5, 10)}, "Linux 5.10 cannot confine code that runs in a build"),
        ({"memory": GB}, "1.0 GB of memory: compiling pack may need more"),
        ({"programs": without("go")}, "Go is missing; the set-up downloads one"),
        ({"docker": Docker(error="none")}, "No Docker daemon answers; `make image` starts it"),
        (
            {"docker": replace(GOOD.docker, containerd=True)},
            "Docker keeps images in containerd's image store",
        ),
        (
            {"docker": Docker(error="none"), "programs": without("dockerd")},
            "No Docker daemon answers; `make image` installs and starts it",
        ),
        ({"certificates": "/a.crt"}, "Certificates of /a.crt that Debian lacks"),
        ({"proxies": ("https",)}, "A proxy is set (https); containers"),
        ({"index_error": "python3: No module named pip"}, "The package index was not asked"),
        ({"ports": {5000: "other", 8080: "nothing"}}, "Port 5000 is taken by another program"),
        ({"ports": {5000: "registry", 8080: "other"}}, "Port 8080 is taken"),
    ],
)
def test_note(change: dict[str, object], title: str) -> None:
    """If `make image` would still succeed, there is only a note."""
    found = findings.findings(replace(GOOD, **change))  # type: ignore[arg-type]

    assert [] == [finding for finding in found if finding.level == PROBLEM]
    notes = [finding.title for finding in found if finding.level == NOTE]
    assert any(title in note for note in notes), notes


def test_each_problem_says_what_to_do() -> None:
    """Each problem has advice."""
    bad = replace(GOOD, root=False, cache_writable=False, docker=Docker(error="none"))

    assert [] == [
        finding for finding in findings.findings(bad) if finding.level == PROBLEM and not finding.do
    ]


def test_report() -> None:
    """The report has a line for each finding, what to do below it, and a summary."""
    found = [Finding(OK, "Docker 27.5.1 answers"), Finding(PROBLEM, "git is missing", "Install it")]

    assert (
        "ok      Docker 27.5.1 answers\nproblem git is missing\n        Install it\n\n"
        "`make image` would fail. Problems to fix: 1"
    ) == doctor.render(found, colour=False)
    assert "\033[32mok      \033[0mDocker" in doctor.render(found, colour=True)
    assert doctor.render(found[:1], colour=False).endswith("Ready for `make image`.")
