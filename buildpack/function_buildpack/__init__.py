"""The build side: detects a Python function, and builds layers and a launch process from it."""
