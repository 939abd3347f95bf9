"""The build side: recognises a Python function and turns it into layers and a launch process."""
