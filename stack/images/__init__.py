"""The images of a variant: their layers and descriptions, in Docker or in a folder."""
