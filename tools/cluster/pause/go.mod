module knative-python/tools/cluster/pause

go 1.24.0
