"""Builds the images from Debian packages. README.md explains how."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
