"""A whole run: all sources of outcomes, at one version or several."""
