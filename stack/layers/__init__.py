"""Layers as archives, and all layers that are not from Debian packages."""
