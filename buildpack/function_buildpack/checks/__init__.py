"""Checks that the function loads, and that its native code finds its libraries."""
