"""Checks of `LIST-*` requirements, which work with any images."""
