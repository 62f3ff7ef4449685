"""Random requests, and the faults that their answers show."""
