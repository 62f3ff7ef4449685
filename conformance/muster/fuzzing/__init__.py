"""Requests drawn at random, and what is wrong with the answers."""
