"""The cache of downloads and builds, its keys, and links into it."""
