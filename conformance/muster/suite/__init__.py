"""A whole run: every source of results, at one API version or several."""
