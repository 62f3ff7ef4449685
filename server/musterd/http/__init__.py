"""Sockets, processes, TLS and limits of connections."""
