"""The life of the process: sockets, server, start and shutdown."""
