"""CloudEvents: imported only for functions that are called with events."""
