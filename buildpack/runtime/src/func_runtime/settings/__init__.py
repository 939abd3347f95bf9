"""What the platform and the author have configured."""
