"""What a test can change about a server, and look at."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from musterd.faults.grease import Oddities
from musterd.faults.plan import FaultPlan
from musterd.images.image import Image
from musterd.recording.journal import RequestJournal
from musterd.storage.store import ImageStore


@dataclass(slots=True)
class ServerState:
    """The state of a server under the control of tests.

    Attributes:
        store: The catalogue.
        initial: The images that `reset` restores.
        faults: The faults that requests get.
        oddities: The oddities of responses.
        journal: The requests.
    """

    store: ImageStore
    initial: Sequence[Image]
    faults: FaultPlan = field(default_factory=FaultPlan)
    oddities: Oddities = field(default_factory=Oddities)
    journal: RequestJournal = field(default_factory=RequestJournal)

    def reset(self) -> None:
        """Restore the initial images, and forget all requests and faults.

        Raises:
            DatabaseError: The store cannot be written.
        """
        self.store.replace(self.initial)
        self.faults.clear()
        self.journal.clear()
