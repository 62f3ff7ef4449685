"""The only way to the server."""
