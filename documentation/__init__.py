"""The pages as a site, and the pages that are made from other files."""
