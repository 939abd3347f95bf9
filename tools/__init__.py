"""Sets up programs, the Docker daemon and a registry, for development and for the images.

Runs with the host's Python, before the environment exists, so it only uses the standard library.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
