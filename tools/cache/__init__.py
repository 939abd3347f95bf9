"""The cache of all that is downloaded and built, its keys, and links into it."""
