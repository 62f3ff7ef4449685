"""Real engines for tests, benchmarks and everyone else: fetched from Debian, started on loopback.

    python -m tools.engines list
    python -m tools.engines fetch [NAME...]
    python -m tools.engines start NAME

docs/engines.md lists them.
"""

from .daemon import JSON, Answer, Daemon
from .errors import EngineError
from .fetching import fetch, fetched
from .names import ENGINES, Engine, Kind, Store, find
from .starting import check, free_port, start

__all__ = [
    "ENGINES",
    "JSON",
    "Answer",
    "Daemon",
    "Engine",
    "EngineError",
    "Kind",
    "Store",
    "check",
    "fetch",
    "fetched",
    "find",
    "free_port",
    "start",
]
