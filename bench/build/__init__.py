"""How long a build takes, compared with other ways to build an image: `make bench-build`."""
