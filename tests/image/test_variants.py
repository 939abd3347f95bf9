"""The other images: an older Debian with its Python, and run images with a shell."""

import pytest

from image import prerequisites
from image.container import serving
from image.pack import Build, Pack


def build_on(pack: Pack, variant: str) -> Build:
    """Build a function with the builder of a variant."""
    options = ["--builder", prerequisites.variant("builder", variant), "--trust-builder"]
    options += ["--pull-policy", "never", "--path", str(prerequisites.FUNCTIONS / "http_basic")]
    built = pack.command(options)
    assert built.status == 0, built.log
    return built


@pytest.mark.parametrize(("variant", "minor"), [("base", "3.13"), ("bookworm-base", "3.11")])
def test_function_on_images_with_a_shell(pack: Pack, variant: str, minor: str) -> None:
    """The variant builds and serves a function, has a shell, and does not run as root."""
    built = build_on(pack, variant)

    with serving(built.image) as container:
        assert container.get("/").text.startswith("one ")
        find = "from ctypes.util import find_library; print(find_library('ssl'))"
        script = f'python -V && id -u && ls /workspace | grep func.yaml && python -c "{find}"'
        status, output = container.started.exec(["bash", "-c", script])
    assert 0 == status
    version, user, file, library = output.decode().splitlines()
    assert version.startswith(f"Python {minor}.")
    assert ("1002", "func.yaml", "libssl.so.3") == (user, file, library)


def test_function_on_bookworm(pack: Pack) -> None:
    """The older Debian serves a function with its own Python, and has no shell either."""
    built = build_on(pack, "bookworm")

    with serving(built.image) as container:
        assert container.get("/").text.startswith("one ")
        _, version = container.started.exec(["python", "-V"])
        import_ = "import distutils.util, venv"  # of packages of their own
        assert 0 == container.started.exec(["python", "-c", import_]).exit_code
        status, output = container.started.exec(["sh", "-c", "true"])
    assert version.startswith(b"Python 3.11.")
    assert 0 != status
    assert "executable file not found" in output.decode()


def test_no_shell_in_the_default(pack: Pack) -> None:
    """The default image has no shell, which is an error of the container."""
    built = pack.build(prerequisites.FUNCTIONS / "http_basic")
    with serving(built.image) as container:
        status, output = container.started.exec(["sh", "-c", "true"])
    assert 0 != status
    assert "executable file not found" in output.decode()
