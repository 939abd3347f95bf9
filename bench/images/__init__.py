"""Measures the base images beside Debian's own Python, and the images of functions on them."""
