"""Runs uv: its commands, its package indexes, and its failures."""
