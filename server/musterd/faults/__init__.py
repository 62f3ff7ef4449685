"""Faults and oddities on demand, for testing clients."""
