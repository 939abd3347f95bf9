"""The layers of Debian packages: the files of the run and the build image.

Each is a folder of the cache:
  layer.tar   the files
  sbom.tar    their SBOM, a layer too
  packages    name, version and SHA-256 of each package
  python      the version of CPython
The run image's has `libraries` too, the names of its shared libraries, the build image's has
`ca-certificates.crt`.
"""

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stack import FOLDER
from stack.debian import packages
from stack.debian.packages import Package
from stack.debian.sbom import sbom
from stack.description import descriptions
from stack.description.variants import Variant
from stack.layers import archives
from tools import process
from tools.cache import keys
from tools.cache.cache import Cache
from tools.console import Failure, step
from tools.machine import emulation
from tools.machine import packages as debian

_RUN, _BUILD = FOLDER / "run", FOLDER / "build"
# What makes both, as a part of their keys.
_MAKERS = (
    FOLDER / "debian" / "roots.py",
    FOLDER / "debian" / "sbom.py",
    FOLDER / "layers" / "archives.py",
)


@dataclass(frozen=True)
class Packages:
    """Where packages come from.

    :param lock: the versions to take, while the archive has them
    :param sources: a file with apt's sources (sources.list(5)), if not Debian's own
    """

    lock: tuple[Package, ...]
    sources: Path | None


def prepare(cache: Cache, variant: Variant) -> None:
    """See that packages can be unpacked, and programs of the variant's architecture run here.

    :raises Failure: this user is not root, or a program is missing and cannot be installed
    """
    if os.geteuid() != 0:
        raise Failure(
            "Only root can make the images",
            "Packages are unpacked with their owners, and run in a root of their own.",
            "Run this in a root shell, and `pack` and `func` too: sudo -s",
        )
    debian.need(cache, ["mmdebstrap"], "mmdebstrap")
    if variant.is_foreign:
        emulation.start(cache, variant.machine)


def lock_file(variant: Variant) -> Path:
    """Return the lock of the variant's suite and architecture."""
    return FOLDER / "locks" / f"{variant.suite}.{variant.arch}"


@dataclass(frozen=True)
class Roots:
    """The roots of a variant in the cache.

    :param folder: of all layers, by kind and key
    """

    cache: Cache
    folder: Path
    variant: Variant
    source: Packages

    def run(self) -> Path:
        """Return the folder of the run image's layers.

        :raises Failure: they cannot be made
        """
        folder = self.folder / "run" / run_key(self.variant, self.source)
        return self.cache.once(folder, partial(make_run, self.cache, self.variant, self.source))

    def build(self) -> Path:
        """Return the folder of the build image's layers.

        :raises Failure: they cannot be made
        """
        folder = self.folder / "build" / build_key(self.variant, self.source)
        return self.cache.once(folder, partial(make_build, self.cache, self.variant, self.source))


def run_key(variant: Variant, source: Packages) -> str:
    """Return the key of the run image's files.

    :raises Failure: something that decides them cannot be read
    """
    inputs = _shared(variant, source) | {"kind": variant.kind}
    inputs |= {name: _text(_RUN / name, variant) for name in ("packages", "omit")}
    inputs |= {name: _RUN / name for name in ("root.sh", "check.py")}
    return keys.key(inputs)


def build_key(variant: Variant, source: Packages) -> str:
    """Return the key of the build image's files.

    :raises Failure: something that decides them cannot be read
    """
    inputs = _shared(variant, source)
    inputs |= {name: _text(_BUILD / name, variant) for name in ("packages", "dpkg.cfg")}
    inputs |= {"omit": _text(_RUN / "omit", variant), "root.sh": _BUILD / "root.sh"}
    return keys.key(inputs)


def make_run(cache: Cache, variant: Variant, source: Packages, folder: Path) -> None:
    """Fill a folder with the layers of the run image.

    :raises Failure: the packages cannot be fetched, or the image lacks a library
    """
    making = f"Making the {variant.kind} run image's files from packages of Debian {variant.debian}"
    with (
        step(making, f"once; about 10 s{_slower(variant)}"),
        _descriptions(variant, source, {"packages": _RUN, "omit": _RUN}) as described,
    ):
        given = Path(described)
        _mmdebstrap(
            cache,
            f"stack-run-{variant.suite}-{variant.kind}",
            variant,
            [
                *("--variant=extract", "--format=null", *_setup(given, source)),
                _hook("extract", _RUN / "root.sh", folder, given),
                *(variant.suite, "/dev/null"),
            ],
        )
    _sbom("run", variant, folder)


def make_build(cache: Cache, variant: Variant, source: Packages, folder: Path) -> None:
    """Fill a folder with the layers of the build image.

    :raises Failure: the packages cannot be fetched
    """
    making = f"Making the build image's files from packages of Debian {variant.debian}"
    names = [line.split()[0] for line in descriptions.lines(_BUILD / "packages", variant)]
    with (
        step(making, f"once; about a minute{_slower(variant)}"),
        _descriptions(variant, source, {"dpkg.cfg": _BUILD, "omit": _RUN}) as described,
    ):
        given = Path(described)
        _mmdebstrap(
            cache,
            f"stack-build-{variant.suite}",
            variant,
            [
                *("--variant=minbase", "--skip=check/qemu,output/dev"),
                f"--include={','.join(names)}",
                *(f"--dpkgopt={given}/dpkg.cfg", *_setup(given, source)),
                _hook("customize", _BUILD / "root.sh", folder, given),
                *(variant.suite, folder / "layer.tar"),
            ],
        )
    _sbom("build", variant, folder)


def hooks(preferences: Path, sources: Path | None) -> list[str]:
    """Return what mmdebstrap does in an empty root: shell commands, for which "$1" is the root.

    The image has neither the preferences nor the caller's sources (build/root.sh).
    """
    apt = '"$1"/etc/apt'
    done = [f"cp {shlex.quote(str(preferences))} {apt}/preferences.d/lock"]
    if sources:
        # deb822 or one line each (sources.list(5)), which apt tells by the file's name.
        lines = sources.read_text(errors="replace").splitlines()
        form = "sources" if any(line.startswith("Types:") for line in lines) else "list"
        done += [
            f"mv {apt}/sources.list {apt}/sources.list.debian",
            f"cp {shlex.quote(str(sources))} {apt}/sources.list.d/caller.{form}",
        ]
    return done


def _setup(given: Path, source: Packages) -> list[str]:
    return [f"--setup-hook={hook}" for hook in hooks(given / "preferences", source.sources)]


def _hook(kind: str, script: Path, folder: Path, given: Path) -> str:
    words = " ".join(shlex.quote(str(path)) for path in (folder, given))
    return f'--{kind}-hook={shlex.quote(str(script))} "$1" {words}'


def _shared(variant: Variant, source: Packages) -> dict[str, str | Path]:
    inputs: dict[str, str | Path] = {path.name: path for path in _MAKERS}
    inputs |= {name: getattr(variant, name) for name in ("suite", "debian", "python", "arch")}
    inputs["lock"] = packages.preferences(source.lock)
    if source.sources:
        inputs["sources"] = source.sources
    return inputs


def _text(path: Path, variant: Variant) -> str:
    return "".join(f"{line}\n" for line in descriptions.lines(path, variant))


def _descriptions(
    variant: Variant, source: Packages, wanted: dict[str, Path]
) -> tempfile.TemporaryDirectory[str]:
    """Return a folder with descriptions as they are for the variant, and the preferences of apt."""
    folder = tempfile.TemporaryDirectory(prefix="knative-python-")
    given = Path(folder.name)
    given.chmod(0o755)  # apt gives up root's rights
    for name, where in wanted.items():
        (given / name).write_text(_text(where / name, variant))
    (given / "preferences").write_text(packages.preferences(source.lock))
    for path in given.iterdir():
        path.chmod(0o644)
    return folder


def _mmdebstrap(cache: Cache, name: str, variant: Variant, options: Iterable[str | Path]) -> None:
    decided = {name: getattr(variant, name) for name in ("suite", "python", "kind", "arch")}
    process.quietly(
        name,
        ["mmdebstrap", f"--architectures={variant.arch}", *options],
        logs=cache.logs,
        environ={**decided, "SOURCE_DATE_EPOCH": archives.EPOCH},
    )


def _sbom(image: str, variant: Variant, folder: Path) -> None:
    """Write the layer of an image's SBOM, where platforms look for it.

    https://github.com/buildpacks/rfcs/pull/186, as Paketo's images have it.
    """
    root = folder / "root"
    file = root / "cnb" / "sbom" / "bom.cdx.json"
    file.parent.mkdir(parents=True)
    text = sbom(f"knative-python/{image}", variant.suite, variant.debian, variant.arch, folder)
    file.write_text(text, encoding="utf-8")
    archives.layer(root, folder / "sbom.tar")
    shutil.rmtree(root)
    shutil.rmtree(folder / "metadata")


def _slower(variant: Variant) -> str:
    return ", and several times that under emulation" if variant.is_foreign else ""
