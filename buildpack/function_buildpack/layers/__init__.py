"""The layers of the image, one module each."""
