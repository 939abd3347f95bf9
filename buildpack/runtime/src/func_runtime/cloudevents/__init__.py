"""CloudEvents. Imported only for functions that are called with events."""
