"""The layer with the packages that the function depends on."""
