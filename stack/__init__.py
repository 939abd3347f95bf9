"""Makes the images from Debian packages. README.md says how."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
