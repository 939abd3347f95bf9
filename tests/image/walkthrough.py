"""Follows a page as its reader does: writes its files, runs its commands, compares what they print.

A page has, in its order,

    ```python title="function/func.py"    a file
    ```bash                               commands of one shell, so `cd` and `export` last
    ```text title="Output"                what the commands right before it print; … stands for anything

The names and the port of the page are replaced by some that nothing else uses: `myfn` is the image and the
container, 8080 the port of the host. A block of commands after a comment `<!-- not run: why -->` is left out.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from contract.runtime_process import free_port
from image import prerequisites
from image.pack import Pack, remove_images

OUTPUT = "Output"

_BLOCK = re.compile(
    r"^(?P<marker><!-- [^>]*? -->\n)?"
    r"```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_END = "\x1e"  # between the outputs of two blocks
_TIMEOUT = 200  # seconds; a page takes ten or so, on a busy machine many


@dataclass(frozen=True)
class Block:
    """A block of a page, with the comment right before it."""

    language: str
    title: str
    text: str
    marker: str = ""

    @property
    def is_run(self) -> bool:
        """Say whether it has commands that the test runs."""
        return self.language == "bash" and not self.marker.startswith("<!-- not run:")


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    path: Path

    @property
    def text(self) -> str:
        """Return what is in it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        """Return its blocks, in their order."""
        return [
            Block(found["language"], found["title"] or "", found["text"], found["marker"] or "")
            for found in _BLOCK.finditer(self.text)
        ]

    @property
    def files(self) -> dict[str, str]:
        """Return its files: path and contents."""
        named = (block for block in self.blocks if block.title not in ("", OUTPUT))
        return {block.title: block.text for block in named}

    def write(self, folder: Path) -> None:
        """Write its files below a folder."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")

    @property
    def commands(self) -> list[str]:
        """Return the blocks of commands that are run."""
        return [block.text for block in self.blocks if block.is_run]

    @property
    def outputs(self) -> list[str]:
        """Return what the page says that each of them prints; … where it says nothing."""
        said: list[str] = []
        before: Block | None = None
        for block in self.blocks:
            if block.is_run:
                said.append("…")
            elif block.title == OUTPUT and before is not None and before.is_run:
                said[-1] = block.text
            before = block
        return said


@dataclass(frozen=True)
class Reader:
    """Who follows a page, in a folder of their own."""

    pack: Pack
    folder: Path

    def follow(self, page: Page, **variables: str) -> list[str]:
        """Write the page's files, run its commands, and return what each block of them printed.

        What is as the page says is returned in the page's words, so that both can be compared.
        `variables` are more variables of the shell.
        """
        page.write(self.folder)
        script = "".join(f"{text}printf '{_END}'\n" for text in page.commands)
        printed = self._run(script, variables).split(_END)[:-1]
        return [
            said if _matches(said, actual) else actual
            for said, actual in zip(page.outputs, printed, strict=True)
        ]

    def _run(self, script: str, variables: dict[str, str]) -> str:
        image, port = self.pack.new_image(), free_port()
        script = re.sub(r"\bmyfn\b", image.name, script).replace("8080:8080", f"{port}:8080")
        script = re.sub(r"localhost:8080\b|(?<=PORT=)8080\b", lambda old: old[0].replace("8080", str(port)), script)
        log = self.folder.with_suffix(".log")
        try:
            with log.open("wb") as errors:
                done = subprocess.run(
                    ["bash", "-eux", "-c", script],
                    cwd=self.folder,
                    env=os.environ | {"PATH": prerequisites.path_with_tools()} | variables,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    timeout=_TIMEOUT,
                    check=False,
                )
            assert done.returncode == 0, log.read_text() + done.stdout
        finally:
            self._remove(image.name)
        return done.stdout

    def _remove(self, name: str) -> None:
        docker = self.pack.client.client
        for container in docker.containers.list(all=True, filters={"name": name}):
            container.remove(force=True)
        for image in docker.api.images(filters={"reference": f"{name}*"}):
            remove_images(self.pack.client, [(tag, image["Id"]) for tag in image["RepoTags"]])


def requirements_python(folder: Path) -> Path:
    """Return the interpreter in an environment."""
    return folder / "bin" / "python"


def _matches(said: str, printed: str) -> bool:
    """Say whether something was printed as a page says it, apart from blanks at the ends."""
    pattern = ".*".join(map(re.escape, said.strip().split("…")))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None
