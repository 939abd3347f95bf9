"""Runs the commands of the first page's transcript, and returns the output of a terminal."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from documentation.readme import function

ROOT = Path(__file__).parents[2]

# The reader's commands, in the order of the page, in the folder with myfunc.
COMMANDS = (
    "pack build hello --path myfunc",
    "docker run --rm --detach --name hello --publish 127.0.0.1:8080:8080 hello",
    "curl localhost:8080",
    "curl localhost:8080/health/readiness",
    "docker image ls hello --format '{{.Repository}} {{.Size}}'",
)
_REMOVE_CONTAINER = "docker rm --force hello"
_REMOVE_IMAGE = "docker image rm --force hello"
_WITHIN = 300  # seconds for a command
# curl retries until the container has opened its port. The response has no line end.
_CURLRC = '--silent\n--retry 20\n--retry-delay 1\n--retry-all-errors\n--write-out "\\n"\n'

_PHASE = "===> "
_BUILDING = "===> BUILDING"
_PACKAGE = re.compile(r"^ +\+ ")


def run(page: str) -> str:
    """Run each command with the function that a page shows, and return commands and output.

    :raises RuntimeError: a command failed; the message has its output.
    """
    with tempfile.TemporaryDirectory() as folder:
        function.write(page, Path(folder, "myfunc"))
        Path(folder, ".curlrc").write_text(_CURLRC, encoding="utf-8")
        _output(f"{_REMOVE_CONTAINER}; {_REMOVE_IMAGE}; true", folder)
        try:
            return "".join(f"$ {command}\n{_output(command, folder)}" for command in COMMANDS)
        finally:
            _output(f"{_REMOVE_CONTAINER}; true", folder)


def _output(command: str, folder: str) -> str:
    path = f"{ROOT / '.tools'}:{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 -- the commands above
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path, "HOME": folder, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed\n{done.stdout}")
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def excerpt(transcript: str) -> str:
    """Return a transcript without what pack and the lifecycle write about themselves.

    A build keeps its log, without blank lines and the list of packages, and its last line.
    """
    lines, shown = [], True
    for line in transcript.splitlines():
        if line.startswith(_PHASE):
            shown = line == _BUILDING
        elif line.startswith(("$ ", "Successfully")):
            lines.append(line)
            shown = not line.startswith("$ pack ")
        elif shown and line and not _PACKAGE.match(line):
            lines.append(line)
    return "\n".join([*lines, ""])
