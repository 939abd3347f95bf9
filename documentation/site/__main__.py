"""`make site`: builds the pages as a site. `python -m documentation.site FOLDER`, with .venv.

It fails on a link or an anchor that leads nowhere, and on a page that is not in the navigation.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_LINES = 30  # of MkDocs' output, if it fails


def main(folder: Path) -> int:
    """Build the site into a folder, and return the exit code."""
    # NO_MKDOCS_2_WARNING: Material's advertisement for its successor is no warning of ours.
    variables = {"PYTHONPATH": f"{_generator()}{os.pathsep}{ROOT}", "NO_MKDOCS_2_WARNING": "1"}
    # Not --quiet: it hides the warnings from --strict, too.
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder.absolute()],
        cwd=HERE,
        env=os.environ | variables | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if built.returncode:
        lines = built.stdout.strip().splitlines()[-_LINES:]
        print("Error: the site could not be built", *lines, sep="\n  ", file=sys.stderr)
    else:
        print(f"The site: {folder.absolute() / 'index.html'}", file=sys.stderr)
    return built.returncode


def _generator() -> Path:
    """Return the folder of the generator's packages; they are installed once, into the cache."""
    lock = HERE / "requirements.txt"
    facts = f"{sys.version} {platform.machine()}".encode() + lock.read_bytes()
    folder = _cache() / "python-site" / hashlib.sha256(facts).hexdigest()[:16]
    if folder.is_dir():
        folder.touch()  # in use
        return folder
    print("Installing the site's generator (once)", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        target = Path(made, "packages")
        install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
        options = ["--require-hashes", "--requirements", str(lock), "--target", str(target)]
        subprocess.run([*install, "--python", sys.executable, *options], check=True)
        try:
            target.rename(folder)
        except OSError:  # another run was faster
            if not folder.is_dir():
                raise
    return folder


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "knative-python"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else _cache() / "site"))
