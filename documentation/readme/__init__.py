"""The generated parts of README.md: measured figures, and the transcript of a real run."""
