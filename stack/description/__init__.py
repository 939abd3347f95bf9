"""What the images of each variant are made of: the table of the variants, and their files."""
