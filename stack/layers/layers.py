"""The layers of the images that are not from Debian packages. Each is a folder of the cache."""

import shutil
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path

from stack import FOLDER
from stack.description.variants import Variant
from stack.layers import archives
from stack.layers.extra_cas import extra
from tools import ROOT, process
from tools.cache import keys
from tools.cache.cache import Cache
from tools.console import Failure, say, step
from tools.machine.environment import environment

_UV = ROOT / "tools" / "python" / "uv.txt"
_REQUIREMENTS = ROOT / "buildpack" / "runtime" / "requirements.txt"
# What makes all of them, as a part of their keys.
_MAKERS: Mapping[str, str | Path] = {
    "layers.py": FOLDER / "layers" / "layers.py",
    "archives.py": FOLDER / "layers" / "archives.py",
}
# The versions of glibc that wheels are built for.
_GLIBC = (5, 12, 17, 24, 26, 27, 28, 31, 34, 35, 36, 39, 40, 41)


@dataclass(frozen=True)
class Layers:
    """Where layers are kept.

    :param folder: of all layers, by kind and key
    """

    cache: Cache
    folder: Path

    def tools(self, variant: Variant) -> Path:
        """Return the layer with uv and the runtime's wheels, for builds without a network.

        :raises Failure: a list of versions is missing, or what it names cannot be fetched
        """
        facts = {name: getattr(variant, name) for name in ("suite", "python", "glibc", "machine")}
        pinned = {_UV.name: _UV, _REQUIREMENTS.name: _REQUIREMENTS}

        def fill(folder: Path) -> None:
            with step("Fetching uv and the runtime's wheels for the build image", "once"):
                _fill_tools(self.cache, variant, folder)

        return self._once("tools", {**facts, **pinned}, fill)

    def libraries(self, names: Path) -> Path:
        """Return the layer with the names of the run image's shared libraries.

        Builds compare with them what they install.
        """

        def fill(folder: Path) -> None:
            target = folder / "root" / "opt" / "knative-python"
            target.mkdir(parents=True)
            shutil.copy(names, target / "run-libraries")
            _pack(folder)

        return self._once("libraries", {"libraries": names}, fill)

    def lifecycle(self, archive: Path, certificates: Path) -> Path:
        """Return the layer of the lifecycle image.

        :param archive: the lifecycle's programs (tools/go/lifecycle_archive.py)
        :param certificates: Debian's CA certificates, for registries
        """

        def fill(folder: Path) -> None:
            _fill_lifecycle(archive, certificates, folder / "root")
            _pack(folder)

        return self._once("lifecycle", {"lifecycle": archive, "certificates": certificates}, fill)

    def extra_cas(self, bundle: Path, debian: Path) -> tuple[int, Path] | None:
        """Return how many certificates only this machine trusts, and their layer; None without any.

        :param bundle: what this machine trusts
        :param debian: the certificates of the build image
        :raises Failure: the bundle cannot be read
        """
        try:
            found = extra(bundle, debian)
        except OSError as error:
            raise Failure(
                "The CA bundle cannot be read",
                f"Found: {bundle}: {error.strerror}",
                "EXTRA_CAS or SSL_CERT_FILE names it.",
            ) from error
        if not found:
            return None
        pem = "".join(found)

        def fill(folder: Path) -> None:
            say(f"The build image will trust {len(found)} CA certificates from {bundle}")
            _fill_extra_cas(pem, debian, folder / "root")
            _pack(folder)

        return len(found), self._once("extra-cas", {"pem": pem, "debian": debian}, fill)

    def _once(
        self, kind: str, inputs: Mapping[str, str | Path], fill: Callable[[Path], None]
    ) -> Path:
        key = keys.key({**_MAKERS, **inputs})
        return self.cache.once(self.folder / kind / key, fill)


def lifecycle_labels(archive: Path) -> dict[str, str]:
    """Return the facts of the lifecycle's descriptor as labels, where pack looks for them."""
    with tarfile.open(archive) as packed:
        member = packed.extractfile("lifecycle.toml")
        assert member
        descriptor = tomllib.loads(member.read().decode())
    return {
        "io.buildpacks.lifecycle.version": descriptor["lifecycle"]["version"],
        "io.buildpacks.lifecycle.apis": dumps(descriptor["apis"], separators=(",", ":")),
    }


def platforms(variant: Variant) -> list[str]:
    """Return the platforms of the wheels that run on a variant (PEP 600)."""
    newest = int(variant.glibc.removeprefix("2."))
    named = [f"manylinux{name}_{variant.machine}" for name in ("2014", "2010", "1")]
    return named + [f"manylinux_2_{glibc}_{variant.machine}" for glibc in _GLIBC if glibc <= newest]


def _fill_tools(cache: Cache, variant: Variant, folder: Path) -> None:
    root, fetched = folder / "root", folder / "uv"
    wheels = root / "opt" / "knative-python" / "wheels"
    _fetch(cache, variant, "uv", _UV, fetched)
    _fetch(cache, variant, "wheels", _REQUIREMENTS, wheels)
    shutil.copy(_REQUIREMENTS, wheels)  # of which lock they are
    programs = root / "usr" / "local" / "bin"
    programs.mkdir(parents=True)
    _unpack(fetched, "uv-*.whl", fetched)
    (program,) = fetched.glob("uv-*.data/scripts/uv")
    shutil.copyfile(program, programs / "uv")
    (programs / "uv").chmod(0o755)
    # Debian 12's packaging is older than what the buildpack requires; the runtime's is new enough.
    if variant.suite == "bookworm":
        site = root / "usr" / "local" / "lib" / f"python{variant.python}" / "dist-packages"
        site.mkdir(parents=True)
        _unpack(wheels, "packaging-*.whl", site)
    shutil.rmtree(fetched)
    _pack(folder)


def _fetch(cache: Cache, variant: Variant, name: str, requirements: Path, folder: Path) -> None:
    """Download wheels for the images, whatever this machine's own Python and C library are."""
    pip = environment(cache) / "bin" / "pip"
    download: list[str | Path] = [pip, "--disable-pip-version-check", "download", "--quiet"]
    download += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", folder]
    download += ["--implementation", "cp", "--python-version", variant.python]
    for platform in platforms(variant):
        download += ["--platform", platform]
    process.quietly(f"fetch-{name}", [*download, "-r", requirements], logs=cache.logs)


def _unpack(folder: Path, pattern: str, target: Path) -> None:
    (wheel,) = folder.glob(pattern)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)  # noqa: S202 -- a wheel that a hash pins


def _fill_lifecycle(archive: Path, certificates: Path, root: Path) -> None:
    for folder in ("cnb", "tmp", "etc/ssl/certs"):
        (root / folder).mkdir(parents=True)
    process.call(["tar", "-C", root / "cnb", "-xzf", archive, "lifecycle"])
    shutil.copy(certificates, root / "etc" / "ssl" / "certs" / "ca-certificates.crt")
    (root / "etc" / "passwd").write_text(
        "root:x:0:0::/:/sbin/nologin\n"
    )  # pack asks for it by name
    (root / "etc" / "group").write_text("root:x:0:\n")


def _fill_extra_cas(pem: str, debian: Path, root: Path) -> None:
    trusted, own = (
        root / "etc" / "ssl" / "certs",
        root / "usr" / "local" / "share" / "ca-certificates",
    )
    trusted.mkdir(parents=True)
    own.mkdir(parents=True)
    (own / "extra.crt").write_text(pem)
    (trusted / "ca-certificates.crt").write_bytes(debian.read_bytes() + pem.encode())


def _pack(folder: Path) -> None:
    archives.layer(folder / "root", folder / "layer.tar")
    shutil.rmtree(folder / "root")
