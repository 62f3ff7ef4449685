"""Builds fixture images, loads them into a server, and deletes them again."""
