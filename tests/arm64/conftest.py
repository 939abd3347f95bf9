"""The tests for arm64 start from what the image tests do."""

from image.conftest import docker, pack

__all__ = ["docker", "pack"]
