"""Checks of `LIST-*` requirements, which need no image of the suite's own."""
