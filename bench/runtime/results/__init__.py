"""The figures of a measurement: their targets, how they are stored, and how they are shown."""
