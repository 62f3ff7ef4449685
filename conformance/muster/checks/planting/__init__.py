"""Checks of `PLANT-*` requirements, on images that the suite loads."""
