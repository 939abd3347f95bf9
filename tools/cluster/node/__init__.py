"""The programs of the node, which run in separate namespaces."""
