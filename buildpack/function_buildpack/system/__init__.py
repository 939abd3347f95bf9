"""The operating system: processes and their confinement, files and their changes."""
