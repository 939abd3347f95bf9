"""How long a build takes, next to what a user would pick instead: `make bench-build`."""
