"""How long a build takes, beside what a user would pick instead: `make bench-build`."""
