"""The layers of the image and the cache: their contents, and their keys."""
