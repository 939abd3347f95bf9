"""Serves a Knative Python function: `python -m func_runtime` in the function's folder."""

__version__ = "0.1.0"
