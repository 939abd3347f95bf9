"""What the author of the function wrote, and its life: start, serve, stop."""
