"""The pages as a site, and the pages that are generated from other files."""
