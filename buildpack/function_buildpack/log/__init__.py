"""The log of a build, and errors as facts and as messages."""
