"""Side-by-side measurements and their results. Development only: nothing here reaches an image."""
