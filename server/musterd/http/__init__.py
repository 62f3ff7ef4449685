"""Sockets, processes, TLS and connection limits."""
