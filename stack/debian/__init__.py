"""Debian packages: their locked versions, the layers with their files, their SBOM."""
