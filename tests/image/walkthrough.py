"""Follows a page like its reader: writes its files, runs its commands, compares the output.

A page has these blocks:

    ```python title="function/func.py"    a file
    ```bash                               commands; all are of one shell
    ```text title="Output"                the output of the block before it; … is any text

A comment before a block of commands names the test that runs it, or the reason why none does. With
`all`, it applies to the page:

    <!-- all run by: tests/image/test_how_to.py -->
    <!-- not run: needs a cluster -->

The reader has pack, func and the machine's programs, but not the development environment. If a page
tells readers to install a program of that environment, it has

    <!-- needs: uv -->

Names and ports of the page are replaced by unique ones: `myfn` (the image and the container), 8080
and other published ports of the host. /path/to/this/repository is this clone.
"""

import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.runtime_process import free_port
from image import prerequisites
from image.container import eventually
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


@dataclass(frozen=True)
class Page:
    """A page of the documentation, and the file of the tests that follow it."""

    path: Path
    followed_by: str

    @property
    def text(self) -> str:
        """Return its text."""
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

    @property
    def template(self) -> str:
        """Return the folder of the template that has its files: `<!-- files of: FOLDER -->`."""
        found = re.search(r"^<!-- files of: (.*) -->$", self.text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def needs(self) -> list[str]:
        """Return the programs that it says to install: `<!-- needs: NAME NAME -->`."""
        return " ".join(re.findall(r"^<!-- needs: (.*) -->$", self.text, re.MULTILINE)).split()

    def write(self, folder: Path) -> None:
        """Write its files below a folder."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")

    @property
    def commands(self) -> list[str]:
        """Return the blocks of commands that are run."""
        return [block.text for block in self.blocks if self._is_run(block)]

    @property
    def outputs(self) -> list[str]:
        """Return the output of each of them on the page, or … if there is none."""
        said: list[str] = []
        before: Block | None = None
        for block in self.blocks:
            if self._is_run(block):
                said.append("…")
            elif block.title == OUTPUT and before is not None and self._is_run(before):
                said[-1] = block.text
            before = block
        return said

    @property
    def requests(self) -> dict[str, str]:
        """Return the commands that send requests, and their output on the page."""
        asked = zip(self.commands, self.outputs, strict=True)
        return {command: said for command, said in asked if command.startswith("curl ")}

    def _is_run(self, block: Block) -> bool:
        # A block without a comment of its own has that of all the page.
        of_page = f"<!-- all run by: {self.followed_by} -->" in self.text
        is_here = self.followed_by in block.marker or (not block.marker and of_page)
        return block.language == "bash" and is_here


@dataclass(frozen=True)
class Reader:
    """A reader who follows a page, in a new folder."""

    pack: Pack
    folder: Path

    def follow(self, page: Page, **variables: str) -> list[str]:
        """Write the page's files, run its commands, and return the output of each block.

        What is as the page says is returned in the page's words, so that both can be compared.
        `variables` are more variables of the shell.
        """
        self.folder.mkdir(exist_ok=True)
        page.write(self.folder)
        script = "".join(f"{text}printf '{_END}'\n" for text in page.commands)
        path = {"PATH": path_of_reader(self.folder.with_suffix(".bin"), page.needs)}
        printed = self._run(script, path | variables).split(_END)[:-1]
        return [
            in_words_of(said, actual) for said, actual in zip(page.outputs, printed, strict=True)
        ]

    def _run(self, script: str, variables: dict[str, str]) -> str:
        image = self.pack.new_image()
        script = re.sub(r"\bmyfn\b", image.name, script)
        for port in sorted({"8080", *re.findall(r"-p 127\.0\.0\.1:(\d+):", script)}):
            of_host = rf"(127\.0\.0\.1:|localhost[:/]|PORT=){port}\b"
            script = re.sub(of_host, rf"\g<1>{free_port()}", script)
        script = script.replace("/path/to/this/repository", str(prerequisites.ROOT))
        log = self.folder.with_suffix(".log")
        try:
            with log.open("wb") as errors:
                done = subprocess.run(
                    ["bash", "-eux", "-c", script],
                    cwd=self.folder,
                    env=os.environ | variables,
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

        def containers() -> list[Any]:
            return list(
                docker.containers.list(all=True, filters={"name": name}, ignore_removed=True)
            )

        for container in containers():
            with suppress(OSError):  # docker-py's, where `docker run --rm` removes it itself
                container.remove(force=True)
        assert eventually(lambda: not containers())
        for image in docker.api.images(filters={"reference": f"{name}*"}):
            remove_images(self.pack.client, [(tag, image["Id"]) for tag in image["RepoTags"]])


def path_of_reader(folder: Path, needs: list[str]) -> str:
    """Return the PATH without the development environment, except programs that a page needs.

    :param folder: where these are linked
    """
    development = prerequisites.ROOT / ".venv" / "bin"
    folder.mkdir()
    for name in needs:
        (folder / name).symlink_to(development / name)
    programs = prerequisites.path_with_tools().split(os.pathsep)
    others = [name for name in programs if Path(name).resolve() != development.resolve()]
    return os.pathsep.join([str(folder), *others])


def in_words_of(page: str, printed: str) -> str:
    """Return the page's text if it matches the output, else the output."""
    pattern = ".*".join(map(re.escape, page.strip().split("…")))
    return page if re.fullmatch(pattern, printed.strip(), re.DOTALL) else printed
