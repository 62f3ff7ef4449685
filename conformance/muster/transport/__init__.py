"""Connections to the server; no other package sends requests."""
