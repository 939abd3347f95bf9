"""What README.md takes from elsewhere: measured figures, and the transcript of a real run."""
