"""The log, and the messages that users read when a start fails."""
