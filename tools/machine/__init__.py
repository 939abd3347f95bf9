"""What this machine has to have: packages, daemons, emulation, the development environment."""
