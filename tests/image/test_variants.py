"""The other images: an older Debian with its Python, and a run image with a shell."""

from image import prerequisites
from image.container import serving
from image.pack import Pack


def test_function_on_bookworm_with_a_shell(pack: Pack) -> None:
    """The variant that differs most builds and serves a function; a shell is there, root is not."""
    builder = prerequisites.variant("builder", "bookworm-base")
    options = ["--builder", builder, "--trust-builder", "--pull-policy", "never"]

    built = pack.command([*options, "--path", str(prerequisites.FUNCTIONS / "http_basic")])

    assert built.status == 0, built.log
    with serving(built.image) as container:
        assert container.get("/").text.startswith("one ")
        script = "python -V && id -u && ls /workspace | grep func.yaml"
        status, output = container.started.exec(["bash", "-c", script])
    assert 0 == status
    version, user, file = output.decode().splitlines()
    assert version.startswith("Python 3.11.")
    assert ("1002", "func.yaml") == (user, file)


def test_no_shell_in_the_default(pack: Pack) -> None:
    """The image that functions have by default has none, and the container says so."""
    built = pack.build(prerequisites.FUNCTIONS / "http_basic")
    with serving(built.image) as container:
        status, output = container.started.exec(["sh", "-c", "true"])
    assert 0 != status
    assert "executable file not found" in output.decode()
