"""Debian's packages: their locked versions, the layers that are made of them, their SBOM."""
