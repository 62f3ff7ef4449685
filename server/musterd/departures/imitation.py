"""The imitated engine, as users specify it."""

from collections.abc import Sequence
from dataclasses import dataclass

from musterd.contract import engines
from musterd.contract.engines import Engine
from musterd.departures import table
from musterd.departures.exchange import Departure


@dataclass(frozen=True, slots=True, kw_only=True)
class Imitation:
    """An engine's name, and changes to it.

    Attributes:
        engine: The name of the engine; ``musterd engines`` lists them.
        api_min: The oldest API version to serve; None for the engine's.
        api_max: The newest API version to serve; None for the engine's.
        departures: The requirements to break, besides those that the engine breaks; ``musterd
            departures`` lists those that can be broken.
    """

    engine: str = engines.ANY.name
    api_min: str | None = None
    api_max: str | None = None
    departures: tuple[str, ...] = ()

    def resolve(self) -> tuple[Engine, Sequence[Departure]]:
        """Return the engine with its range of API versions, and the departures.

        Raises:
            ServeError: There is no such engine or departure, or a version is invalid; the message
                lists all engines or departures.
        """
        engine = engines.find(self.engine).within(self.api_min, self.api_max)
        return engine, table.find(",".join(self.departures))
