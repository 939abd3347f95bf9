"""The Cloud Native Buildpacks interface, API 0.10. Knows nothing about Python functions."""
