"""Reads the user's files, and the platform's settings and bindings."""
