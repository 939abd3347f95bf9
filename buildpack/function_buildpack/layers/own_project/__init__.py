"""The layer of the function's own project, as an installed package."""
