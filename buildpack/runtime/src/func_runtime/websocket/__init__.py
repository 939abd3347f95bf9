"""WebSocket on a connection (RFC 6455)."""
