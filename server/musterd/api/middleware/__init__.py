"""ASGI middleware around the operations, each for one thing."""
