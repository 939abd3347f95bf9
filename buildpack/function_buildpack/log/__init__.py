"""What a user reads: the log, and errors as facts and as messages."""
