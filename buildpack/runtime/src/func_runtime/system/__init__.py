"""Signals, forks and limits of the operating system."""
