"""Differences of engines from Docker, as one table of named departures."""
