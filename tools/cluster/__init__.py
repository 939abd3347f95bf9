"""Kubernetes with Knative Serving, Eventing and Tekton on this machine: one node in namespaces."""
