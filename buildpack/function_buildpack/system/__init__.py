"""The operating system: processes, what they may do, files and what has changed in them."""
