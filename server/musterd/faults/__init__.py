"""Faults and oddities on demand, to see what a client makes of them."""
