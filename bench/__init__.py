"""Measurements next to peers, and their results. For development: no image contains this."""
