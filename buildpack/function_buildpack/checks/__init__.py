"""Checks that the function loads, and that its native code finds what it needs."""
