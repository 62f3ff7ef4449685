"""Registries: what is asked of them, and only of those that the operator named."""
