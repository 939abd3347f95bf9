"""The layer with the runtime."""
