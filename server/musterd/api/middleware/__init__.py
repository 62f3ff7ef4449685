"""ASGI middleware around the operations; each module has one task."""
