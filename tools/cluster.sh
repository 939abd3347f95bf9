#!/bin/sh
# Kubernetes with Knative and Tekton on this machine: cluster.sh --help
exec "$(dirname "$0")/run.sh" tools.cluster.cluster "$@"
