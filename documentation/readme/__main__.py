"""Renews README.md's made parts and docs/reference.md: `python -m documentation.readme [--run]`.

The figures come from docs/benchmarks, the transcript from docs/transcript.txt. With --run the
transcript is made first, from real commands: it needs Docker, the builder and a free port 8080.
"""

import sys

from documentation.readme import figures, parts, transcript
from documentation.reference import page as reference

ROOT = transcript.ROOT
TRANSCRIPT = ROOT / "docs" / "transcript.txt"


def render(page: str) -> str:
    """Return README.md with its made parts as they are today."""
    shown = f"```text\n{transcript.excerpt(TRANSCRIPT.read_text(encoding='utf-8'))}```"
    page = parts.replaced(page, "figures", figures.render(ROOT / "docs" / "benchmarks"))
    return parts.replaced(page, "transcript", shown)


def main(arguments: list[str]) -> None:
    """Write docs/transcript.txt if asked to, and README.md."""
    path = ROOT / "README.md"
    page = path.read_text(encoding="utf-8")
    if "--run" in arguments:
        TRANSCRIPT.write_text(transcript.run(page), encoding="utf-8")
    path.write_text(render(page), encoding="utf-8")
    made = reference.render(ROOT)
    (ROOT / "docs" / "reference.md").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
