"""The steps of a build, one for each heading of its log: what is found, decided, done and told."""
