"""The files that declare dependencies, one module for each format."""
