"""Runs the commands of the first page's transcript, and returns what a terminal shows."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What a reader types, in the order of the page.
COMMANDS = (
    "pack build myfn --path examples/http",
    "docker run --rm --detach --publish 127.0.0.1:8080:8080 --name myfn myfn",
    "curl localhost:8080/health/readiness",
    "curl --data 12345 localhost:8080/orders",
    "docker stop myfn",
    "docker image ls myfn --format '{{.Repository}} {{.Size}}'",
)
_WITHIN = 300
# curl cannot know that the container has not opened its port yet.
_RETRY = "--silent --show-error --retry 20 --retry-delay 1 --retry-connrefused"


def run(commands: Sequence[str] = COMMANDS) -> str:
    """Run each command at the repository's root, and return commands and output.

    :raises subprocess.CalledProcessError: a command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PATH": f"{ROOT / '.tools'}:{os.environ['PATH']}",
            "HOME": folder,
            "NO_COLOR": "1",
        }
        (Path(folder) / ".curlrc").write_text(_RETRY.replace(" --", "\n--"), encoding="utf-8")
        return "".join(f"$ {command}\n{_output(command, environment)}" for command in commands)


def _output(command: str, environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 -- the commands above
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_WITHIN,
        check=True,
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "".join(f"{line}\n" for line in lines)
