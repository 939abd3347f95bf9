"""The programs of the node, which run in namespaces of their own."""
