"""Fixture images: made, loaded, and removed again."""
