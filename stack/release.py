"""Creates a version: images in a registry, SBOMs, wheel, digests, provenance, a commit and a tag.

Everything is built from a commit that is in no branch yet. If a step fails, branch, tags and files
do not change, and the same command can be run again. Then the images with the version's tag are
pushed again. "latest" moves at the end, when the commit has its tag. If that fails, the same
command moves it.

A version with a tag is not created again. If its commit is checked out, its images are published
again.
"""

import argparse
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack import options, provenance, publish, version
from stack.description import variants
from stack.description.variants import Variant
from stack.images import daemon
from stack.images.images import Request
from tools import ROOT, command, process
from tools.console import Failure, detail, say
from tools.settings import Settings

_LOCKS = ("stack/locks", "tools/python", "tools/go/go_tools.toml", "tools/go/go.txt")
_IMAGES = ("run", "build", "builder", "function")
_SBOM = "/cnb/sbom/bom.cdx.json"


@dataclass(frozen=True)
class Order:
    """The requested version.

    :param tag: the only tag of the images, instead of the version and the variant
    :param builder: the builder in the provenance
    :param out: the folder for the files of the version
    """

    version: str
    registry: str
    variant: Variant
    is_locked: bool
    tag: str
    builder: str
    out: Path

    @property
    def git_tag(self) -> str:
        """Return the tag of the commit."""
        return f"v{self.version}"

    @property
    def image_tags(self) -> tuple[str, ...]:
        """Return the tags of the images. The one that moves is the last."""
        variant = self.variant.name if self.variant.name != variants.DEFAULT else ""
        own = "-".join(word for word in (self.version, variant) if word)
        return (self.tag,) if self.tag else (own, variant or "latest")


def check(order: Order, root: Path = ROOT) -> str:
    """Return the commit to start from, if the version can be created.

    :raises Failure: it cannot, and nothing was changed
    """
    wanted, now = version.parse(order.version), version.current(root)
    head, tagged = _git(root, "rev-parse", "HEAD"), _tagged(root, order.git_tag)
    if changed := _git(root, "status", "--porcelain"):
        raise Failure("There are changes that are not committed", changed, "Commit or stash them.")
    if tagged and tagged != head:
        raise Failure(
            f"The version {order.version} already exists",
            f"Found: the tag {order.git_tag} is commit {tagged[:12]}",
            f"To publish it again: git checkout {order.git_tag}",
            "To release later changes, choose a newer version.",
        )
    if not tagged:
        if wanted < version.parse(now):
            raise Failure(f"{order.version} is older than {now}", f"{version.SOURCE} has {now}.")
        version.notes((root / version.CHANGELOG).read_text())
    if order.out.exists() and any(order.out.iterdir()):
        raise Failure(f"The folder {order.out} is not empty", "Remove it, or name another: --out")
    return head


def release(settings: Settings, order: Order) -> None:
    """Create a version.

    :raises Failure: it cannot be created, and branch, tags and files are as before; or everything
        was created, but "latest" cannot be moved
    """
    daemon.find(settings)
    head, began = check(order), _now()
    with _checkout(head) as clone, _new_folder(order.out) as folder:
        commit = head if _tagged(ROOT, order.git_tag) else _committed(clone, order)
        wheel = _wheel(settings, clone, folder)
        digests = _published(clone, order, folder)
        sboms = _sboms(order, folder)
        made = provenance.Made(digests, [wheel], [folder / "digests.json", *sboms])
        statement = provenance.statement(made, _origin(clone, order, commit, began))
        (folder / "provenance.json").write_text(json.dumps(statement, indent=2) + "\n")
        _take(order, head, commit)
        _move(settings, order, digests)
    say(f"Made {order.version}: {order.out}")
    if commit != head:
        detail(f"Publish the commit and its tag: git push origin HEAD {order.git_tag}")


def plan(order: Order, head: str) -> list[str]:
    """Return the lines of a dry run."""
    own, *moving = order.image_tags
    last = [f"Push {order.registry}/{image}:{tag}" for tag in moving for image in _IMAGES]
    first, tagged = [f"Publish {order.git_tag}, which is commit {head[:12]}, again"], list[str]()
    if not _tagged(ROOT, order.git_tag):
        changed = ", ".join((*version.FILES, version.CHANGELOG))
        first = [f"Commit {order.version} on {head[:12]}: {changed}"]
        tagged = [f"Tag it {order.git_tag}"]
    first += [f"Push {order.registry}/{image}:{own}" for image in _IMAGES]
    return [*first, *tagged, *last, f"Write {order.out}"]


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """Yield a folder with a commit. It shares this clone's objects."""
    with tempfile.TemporaryDirectory(prefix="knative-python-") as name:
        folder = Path(name, "clone")
        _git(ROOT, "worktree", "add", "--quiet", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            _git(ROOT, "worktree", "remove", "--force", str(folder))


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that gets its name when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".new-", dir=path.parent, ignore_cleanup_errors=True
    ) as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).rename(path)


def _committed(clone: Path, order: Order) -> str:
    names = (*version.FILES, version.CHANGELOG)
    texts = {name: (clone / name).read_text() for name in names}
    day = dt.datetime.now(dt.UTC).date().isoformat()
    for name, text in version.renewed(texts, order.version, day).items():
        (clone / name).write_text(text)
    _git(clone, "commit", "--quiet", "--message", f"Release {order.version}", "--", *names)
    return _git(clone, "rev-parse", "HEAD")


def _published(clone: Path, order: Order, folder: Path) -> dict[str, str]:
    """Build the images of a clone, with its own code, and push them with the version's own tag.

    :return: their digests by name, also by the names that move
    """
    own, *moving = order.image_tags
    more = [] if order.is_locked else ["--unlocked"]
    call: list[str | Path] = [clone / "stack" / "publish.sh", order.registry, "--tag", own, *more]
    file = folder / "digests.json"
    process.call([*call, "--variant", order.variant.name, "--digests", file])
    digests: dict[str, str] = json.loads(file.read_text())
    images = {image: digests[f"{order.registry}/{image}:{own}"] for image in _IMAGES}
    for tag in moving:
        digests |= {f"{order.registry}/{image}:{tag}": images[image] for image in _IMAGES}
    file.write_text(json.dumps(digests, indent=2) + "\n")
    return digests


def _move(settings: Settings, order: Order, digests: Mapping[str, str]) -> None:
    """Move the tags that move with each version, such as "latest".

    :raises Failure: the registry does not accept them, or an image gets another digest
    """
    own, *moving = order.image_tags
    for name in (f"{order.registry}/{image}:{tag}" for tag in moving for image in _IMAGES):
        process.call(["docker", "tag", f"{name.rpartition(':')[0]}:{own}", name])
        pushed = publish.push(settings, name)
        if pushed != digests[name]:
            raise Failure(
                f"The registry has another image with the name {name}",
                f"Expected: {digests[name]}",
                f"Found: {pushed}",
            )


def _sboms(order: Order, folder: Path) -> list[Path]:
    """Copy the SBOMs from the images that have one. The builder has that of the build image."""
    wanted, made = Request(order.variant, order.registry), list[Path]()
    for image in ("run", "build"):
        container = process.output(["docker", "create", wanted.name(image), "none"])
        try:
            process.call(["docker", "cp", f"{container}:{_SBOM}", folder / f"{image}.cdx.json"])
        finally:
            process.output(["docker", "rm", container])
        made.append(folder / f"{image}.cdx.json")
    return made


def _wheel(settings: Settings, clone: Path, folder: Path) -> Path:
    build = [clone / "tools" / "python" / "wheel.sh", folder]
    # uv is the one from `make python`, which is first on the PATH.
    process.quietly("wheel", build, logs=settings.cache.logs)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _origin(clone: Path, order: Order, commit: str, began: str) -> provenance.Origin:
    locks = _git(clone, "ls-files", "--", *_LOCKS, "buildpack/runtime/requirements.txt")
    remote = process.answer(["git", "-C", ROOT, "remote", "get-url", "origin"]) or str(ROOT)
    return provenance.Origin(
        source=f"git+{provenance.uri(remote)}@refs/tags/{order.git_tag}",
        commit=commit,
        inputs={name: clone / name for name in locks.splitlines()},
        parameters={
            "version": order.version,
            "registry": order.registry,
            "variant": order.variant.name,
            "architecture": order.variant.arch,
        },
        builder=order.builder,
        began=began,
        ended=_now(),
    )


def _take(order: Order, head: str, commit: str) -> None:
    """Tag the commit and move the branch to it. If one fails, neither happens."""
    if commit == head:
        return
    tag = order.git_tag
    _git(ROOT, "tag", "--annotate", "--message", f"Version {order.version}", tag, commit)
    try:
        _git(ROOT, "merge", "--quiet", "--ff-only", commit)
    except BaseException:
        _git(ROOT, "tag", "--delete", tag)
        raise


def _tagged(root: Path, tag: str) -> str:
    """Return the commit of a tag. Empty if there is no such tag."""
    verify = ["rev-parse", "--quiet", "--verify", f"refs/tags/{tag}^{{commit}}"]
    return process.answer(["git", "-C", root, *verify]) or ""


def _git(folder: Path, *arguments: str) -> str:
    return process.output(["git", "-C", str(folder), *arguments])


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _order(parsed: argparse.Namespace) -> Order:
    version.parse(parsed.version)
    return Order(
        version=parsed.version,
        registry=publish.prefix(parsed.registry),
        variant=variants.select(parsed.variant),
        is_locked=not parsed.unlocked,
        tag=parsed.tag,
        builder=parsed.builder,
        out=(parsed.out or ROOT / "dist" / parsed.version).absolute(),
    )


def _main(arguments: Sequence[str], settings: Settings) -> None:
    parser = command.Parser("release.sh", __doc__)
    add = parser.add_argument
    add("version", metavar="VERSION", help="such as 1.2.3")
    add("registry", metavar="PREFIX", help="a registry and a path in it")
    add("--variant", default=variants.DEFAULT, metavar="NAME", help=options.VARIANT)
    add("--unlocked", action="store_true", help="use newer packages if Debian lacks locked ones")
    add("--tag", default="", help="push only with this tag, for a later image index")
    add("--builder", default=provenance.LOCAL, metavar="URI", help="builder in the provenance")
    add("--out", type=Path, metavar="FOLDER", help="for its files; default: dist/VERSION")
    add("--dry-run", action="store_true", help="check, and print what would be done")
    parsed = parser.parse_args(arguments)
    order = _order(parsed)
    if parsed.dry_run:
        sys.stdout.write("\n".join([*plan(order, check(order)), ""]))
    else:
        release(settings, order)


if __name__ == "__main__":
    command.run(_main)
