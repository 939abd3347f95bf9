"""Sets up what development and the images need: programs, the Docker daemon, a registry.

Runs with the host's Python, before there is an environment: standard library only.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
