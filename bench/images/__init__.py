"""Measures the base images next to Debian's own Python, and the images of functions on them."""
