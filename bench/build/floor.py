"""Creates the builder of the floor. Its buildpack accepts everything and does nothing."""

import platform
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.build import process

_BUILDPACK = """\
api = "0.10"

[buildpack]
id = "bench/floor"
version = "1.0.0"

[[targets]]
os = "linux"
"""
_LAUNCH = '[[processes]]\\ntype = "web"\\ncommand = ["python3"]\\ndefault = true\\n'
_PHASES = {
    "detect": "#!/bin/sh\n",
    "build": f"#!/bin/sh\nprintf '{_LAUNCH}' >\"$CNB_LAYERS_DIR/launch.toml\"\n",
}
_BUILDER = """\
[[buildpacks]]
uri = "floor"

[[order]]
[[order.group]]
id = "bench/floor"

[build]
image = "knative-python/build"

[run]
[[run.images]]
image = "knative-python/run"

[lifecycle]
uri = "{lifecycle}"

[[targets]]
os = "linux"
arch = "{arch}"
"""


def write(folder: Path) -> Path:
    """Write the buildpack into a new folder, and return that."""
    phases = folder / "bin"
    phases.mkdir(parents=True)
    (folder / "buildpack.toml").write_text(f'{_BUILDPACK}arch = "{_arch()}"\n')
    for phase, script in _PHASES.items():
        (phases / phase).write_text(script)
        (phases / phase).chmod(0o755)
    return folder


def make(name: str, pack: Path, lifecycle: Path, environ: Mapping[str, str]) -> None:
    """Give Docker the builder.

    :raises BenchFailed: pack cannot make it.
    """
    with TemporaryDirectory(prefix="bench-floor-") as scratch:
        write(Path(scratch, "floor"))
        config = Path(scratch, "builder.toml")
        config.write_text(_BUILDER.format(lifecycle=lifecycle, arch=_arch()))
        command: list[str | Path] = [pack, "builder", "create", name, "--config", config]
        process.run([*command, "--pull-policy", "never"], environ=environ)


def _arch() -> str:
    return {"aarch64": "arm64"}.get(platform.machine(), "amd64")
