"""The server state that tests can change and read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from musterd.contract import engines
from musterd.control.engine_switch import EngineSwitch
from musterd.departures.imitation import Imitation
from musterd.faults.grease import Oddities
from musterd.faults.plan import FaultPlan
from musterd.images.image import Image
from musterd.recording.journal import RequestJournal
from musterd.registry.pullable import PullableImages
from musterd.seeds import addition
from musterd.seeds.addition import Item, is_pullable
from musterd.storage.store import ImageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The initial state of a server.

    Attributes:
        images: The images of the catalogue.
        pullable: The images that can be pulled.
        imitation: What it imitates.
        grease: The seed of the oddities of responses; None for none.
    """

    images: Sequence[Image]
    pullable: Sequence[Image] = ()
    imitation: Imitation = field(default_factory=Imitation)
    grease: int | None = None


@dataclass(slots=True)
class ServerState:
    """The state of a server under the control of tests.

    Attributes:
        store: The catalogue.
        start: What `reset` restores.
        pullable: The images that can be pulled.
        engine: The engine of all addresses that name none; None if each of them names one.
        faults: The faults that requests get.
        oddities: The oddities of responses.
        journal: The requests.
    """

    store: ImageStore
    start: Start
    engine: EngineSwitch | None = None
    pullable: PullableImages = field(default_factory=PullableImages)
    faults: FaultPlan = field(default_factory=FaultPlan)
    oddities: Oddities = field(init=False)
    journal: RequestJournal = field(default_factory=RequestJournal)

    def __post_init__(self) -> None:
        """Begin with the oddities and the pullable images of the start."""
        self.pullable.images = self.start.pullable
        self.oddities = Oddities(self.start.grease)

    def add(self, items: Sequence[Item]) -> list[Image]:
        """Add images and described images, to the catalogue or to those that can be pulled.

        Returns:
            The images of the catalogue, and then those to pull.

        Raises:
            SeedError: A description is invalid; nothing is added.
            DatabaseError: The store cannot be read or written.
        """
        pullable = addition.pullable_of(self.store, items)
        images = addition.add(self.store, [each for each in items if not is_pullable(each)])
        self.pullable.images = [*self.pullable.images, *pullable]
        return [*images, *pullable]

    def id_of(self, image: Image) -> str:
        """Return the Id of a new image, as the engine of the server shows it."""
        imitation = self.start.imitation if self.engine is None else self.engine.imitation
        return engines.find(imitation.engine).id_of(image)

    def reset(self) -> None:
        """Restore the start, and forget all requests and faults.

        Raises:
            DatabaseError: The store cannot be written.
            ServeError: There is no engine or departure of the start.
        """
        if self.engine is not None:
            self.engine.imitate(self.start.imitation)
        self.store.replace(self.start.images)
        self.oddities.seed = self.start.grease
        self.pullable.images = self.start.pullable
        self.faults.clear()
        self.journal.clear()
