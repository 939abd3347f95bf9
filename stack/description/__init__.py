"""The descriptions of the images: the table of the variants, and their files."""
