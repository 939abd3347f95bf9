"""The images of a variant: their layers and descriptions, given to Docker or to a folder."""
