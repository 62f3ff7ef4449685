"""Muster's reference server for *List Images* (``GET /images/json``)."""

from importlib.metadata import version

__version__ = version("passmuster")
