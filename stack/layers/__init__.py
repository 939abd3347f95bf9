"""Layers as archives, and all layers that are not made of Debian's packages."""
