"""Performs checks against a server."""
