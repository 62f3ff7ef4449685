"""The control API: it lets tests in any language control a server."""
