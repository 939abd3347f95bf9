"""The decisions of a build, from facts and settings."""
