"""The tools that are built from Go modules."""
