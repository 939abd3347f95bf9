"""Locks of tools that uv is no reader of: what they lock, and whether they still fit. All pure."""
