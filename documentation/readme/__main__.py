"""Updates README.md's generated parts and docs/reference.md.

`python -m documentation.readme [--run]`: the figures come from docs/benchmarks, the transcript from
docs/transcript.txt. With --run, it first creates the transcript by running the commands. This needs
Docker, the builder and a free port 8080.
"""

from collections.abc import Sequence

from documentation.readme import figures, parts, transcript
from documentation.reference import page as reference
from tools import command
from tools.settings import Settings

ROOT = transcript.ROOT
TRANSCRIPT = ROOT / "docs" / "transcript.txt"


def render(page: str) -> str:
    """Return README.md with its generated parts updated."""
    shown = f"```text\n{transcript.excerpt(TRANSCRIPT.read_text(encoding='utf-8'))}```"
    page = parts.replaced(page, "figures", figures.render(ROOT / "docs" / "benchmarks"))
    return parts.replaced(page, "transcript", shown)


def _main(arguments: Sequence[str], _settings: Settings) -> None:
    parser = command.Parser("python -m documentation.readme", __doc__)
    parser.add_argument("--run", action="store_true", help="make docs/transcript.txt first")
    parsed = parser.parse_args(arguments)
    path = ROOT / "README.md"
    page = path.read_text(encoding="utf-8")
    if parsed.run:
        TRANSCRIPT.write_text(transcript.run(page), encoding="utf-8")
    path.write_text(render(page), encoding="utf-8")
    made = reference.render(ROOT)
    (ROOT / "docs" / "reference.md").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    command.run(_main)
