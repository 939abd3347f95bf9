"""Runs the shell scripts of pipelines like GitHub Actions and GitLab, on a similar runner."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from image import prerequisites

# Actions that these pipelines may use, and what the runner below has instead.
ACTIONS = {
    "actions/checkout": "the folder that the steps run in",
    "actions/setup-python": "a new virtual environment",
    "buildpacks/github-actions/setup-pack": "our pack",
    "sigstore/cosign-installer": "our cosign",
    "actions/upload-artifact": "nothing: the files stay in the folder",
}

_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")

# The registry is on loopback, which a container reaches in the host's network alone.
_PACK = """\
command=$1 && shift
[ "$command" != build ] || set -- --network host "$@"
exec {pack} "$command" "$@"
"""

# Nobody here gives a workflow an identity, so cosign signs by a key, and asks no transparency log.
_COSIGN = """\
command=$1 && shift
echo "$command" >>{folder}/calls
case $command in
verify)
    image=$1
    exec {cosign} verify --key {folder}/cosign.pub --insecure-ignore-tlog "$image" ;;
*)
    set -- --use-signing-config=false --tlog-upload=false "$@"
    exec {cosign} "$command" --key {folder}/cosign.key "$@" ;;
esac
"""

# uv has pip's words, and is quicker.
_PIP = """\
exec {uv} pip "$@"
"""


@dataclass(frozen=True)
class Runner:
    """A machine that runs jobs. `home` has its programs, `folder` has the checkout."""

    home: Path
    folder: Path

    def prepare(self) -> None:
        """Install the programs of a runner in its home."""
        uv = prerequisites.ROOT / ".venv" / "bin" / "uv"
        subprocess.run([uv, "venv", "--quiet", self.home / "venv"], check=True)
        cosign = prerequisites.program("cosign")
        for name, script in {
            "pack": _PACK.format(pack=prerequisites.program("pack")),
            "cosign": _COSIGN.format(cosign=cosign, folder=self.home),
            "pip": _PIP.format(uv=uv),
        }.items():
            program = self.home / "venv" / "bin" / name
            program.write_text(f"#!/bin/sh\n{script}")
            program.chmod(0o755)
        self.run(f"{cosign} generate-key-pair", cwd=self.home)

    def run(
        self, script: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script like GitHub's default shell, and check that it succeeds."""
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=cwd or self.folder,
            env={
                **{name: value for name, value in os.environ.items() if name[:7] != "PYTEST_"},
                "PATH": f"{self.home}/venv/bin:{os.environ['PATH']}",
                "DOCKER_CONFIG": str(self.home / "docker"),
                "VIRTUAL_ENV": str(self.home / "venv"),
                "COSIGN_PASSWORD": "",
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done

    def cosign_calls(self) -> list[str]:
        """Return the calls of cosign since the last time."""
        calls = self.home / "calls"
        made = calls.read_text().split() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return made


def run_github_job(runner: Runner, workflow: Path, job: str, image: str) -> dict[str, str]:
    """Run the steps of a job that are shell scripts. Return the values of expressions."""
    content = yaml.safe_load(workflow.read_text())
    values = {"github.token": "token"}
    for number, step in enumerate(content["jobs"][job]["steps"]):
        if "uses" in step:
            action, _, commit = step["uses"].partition("@")
            assert action in ACTIONS
            assert re.fullmatch("[0-9a-f]{40}", commit), step["uses"]
            continue
        output = runner.home / f"output-{number}"
        output.write_text("")
        named = {
            "IMAGE": image,
            "BUILDER": prerequisites.builder_in_registry(),
            "GITHUB_ACTOR": "me",
            "GITHUB_REPOSITORY": "me/myfn",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_OUTPUT": str(output),
        }
        stepwise = {name: _resolved(value, values) for name, value in step.get("env", {}).items()}
        runner.run(_resolved(step["run"], values), named | stepwise)
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
    return values


def _resolved(text: str, values: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: values[found[1]], text)


def gitlab_script(job: Mapping[str, Any], jobs: Mapping[str, Any]) -> str:
    """Return the script of a job: GitLab runs `before_script` and `script` as one."""
    parent = jobs.get(job.get("extends", ""), {})
    lines = [*parent.get("before_script", ()), *job["script"]]
    return "\n".join(["set -e", *lines])


def gitlab_variables(job: Mapping[str, Any], jobs: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of a job."""
    parent = jobs.get(job.get("extends", ""), {})
    return {**parent.get("variables", {}), **job.get("variables", {})}


def in_container(
    image: str, script: str, environment: Mapping[str, str], volumes: Iterable[tuple[Path, str]]
) -> subprocess.CompletedProcess[str]:
    """Run a script in a container, as the image's own user."""
    return subprocess.run(
        [
            *("docker", "run", "--rm", "--network", "host", "--interactive"),
            *(part for pair in environment.items() for part in ("--env", "=".join(pair))),
            *(part for path, at in volumes for part in ("--volume", f"{path}:{at}")),
            *("--workdir", "/builds/me/myfn", "--entrypoint", "sh", image, "-s"),
        ],
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def attested(runner: Runner, image: str) -> list[dict[str, Any]]:
    """Return the SBOMs that a signature binds to an image."""
    cosign = prerequisites.program("cosign")
    command = [str(cosign), "verify-attestation", "--key", f"{runner.home}/cosign.pub"]
    command += ["--insecure-ignore-tlog", "--type", "cyclonedx", image]
    lines = runner.run(shlex.join(command)).stdout.splitlines()
    return [json.loads(line) for line in lines]
