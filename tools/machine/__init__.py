"""Packages, daemons, emulation and the development environment on this machine."""
