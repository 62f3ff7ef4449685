"""Runs checks against a server."""
