"""What engines do otherwise than Docker, as one table of named departures."""
