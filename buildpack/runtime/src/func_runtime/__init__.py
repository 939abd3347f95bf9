"""Serves a Knative Python function: `python -m func_runtime` in the function's folder."""
