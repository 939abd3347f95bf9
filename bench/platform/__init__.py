"""Measures functions on Kubernetes with Knative, as `make cluster` starts it."""
