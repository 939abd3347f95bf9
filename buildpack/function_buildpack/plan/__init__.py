"""What is built: choices, from facts and settings."""
