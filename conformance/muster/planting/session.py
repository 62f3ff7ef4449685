"""Decides which images the suite plants on a server, and deletes them at the end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from muster.errors import UsageError
from muster.model.exchange import Request
from muster.planting import (
    docker_archive,
    planted_file,
    platform_images,
    registry,
    registry_images,
)
from muster.planting.fixtures import FIXTURES, many
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan, permission
from muster.planting.signals import DeferredSignals
from muster.planting.state import PlantedState
from muster.register.requirements import Need
from muster.transport.transport import Transport, reads_only

Tell = Callable[[str], None]
"""Shows the user a one-line message during the run."""

INTERRUPTED = "interrupted; deleting the fixture images first"


def _discard(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Prepared:
    """The planting of one run, prepared.

    Attributes:
        state: The images present before planting: none, or those planted by hand.
        plan: What to plant; None for nothing.
        signals: Defers signals while images are planted and deleted.
        tell: Tells the user which images could not be deleted.
    """

    state: PlantedState = field(default_factory=PlantedState)
    plan: PlantingPlan | None = None
    signals: DeferredSignals = field(default_factory=DeferredSignals)
    tell: Tell = _discard

    @property
    def permission(self) -> Callable[[Request], bool]:
        """The requests allowed while the images are planted."""
        return permission(self.plan) if self.plan else reads_only


@dataclass(frozen=True, slots=True)
class PlantingOptions:
    """Which images the suite puts on a server.

    Attributes:
        plant: Whether it plants any.
        many: How many similar images it plants in addition.
        registry_address: `HOST:PORT` of the suite's registry; empty for none.
        planted: The file that lists images planted by hand; None for none.
        tell: Tells the user about an interruption, and about images that could not be deleted.
    """

    plant: bool = False
    many: int = 0
    registry_address: str = ""
    planted: Path | None = None
    tell: Tell = _discard

    def validate(self) -> None:
        """Reject options that contradict each other, before the run.

        Raises:
            UsageError: If they do.
        """
        for option, given in (
            ("--plant-many", bool(self.many)),
            ("--registry-address", bool(self.registry_address)),
        ):
            if given and not self.plant:
                raise UsageError(f"{option} needs --plant, which allows to change the server")
        if self.plant and self.planted:
            raise UsageError(
                "--plant puts images on the server, --planted says that they are there: "
                "give one of them"
            )
        if self.registry_address:
            registry.parse(self.registry_address)
        if self.planted:
            planted_file.read(self.planted)

    @property
    def provided(self) -> frozenset[Need]:
        """What checks can use, given these options.

        Raises:
            UsageError: If the file of `planted` is not valid.
        """
        if self.planted:
            return planted_file.read(self.planted).provided
        given = {
            Need.PLANTED: self.plant,
            Need.CHANGES: self.plant,
            Need.MANY: bool(self.many),
            Need.PULLED: bool(self.registry_address),
            Need.PLATFORMS: self.plant,
        }
        return frozenset(need for need, there in given.items() if there)

    @contextmanager
    def prepared(self) -> Iterator[Prepared]:
        """Prepare one run, with names of its own, and run the registry while the context is open.

        Raises:
            UsageError: If `registry_address` cannot be listened on.
        """
        if not self.plant:
            yield Prepared(planted_file.read(self.planted) if self.planted else PlantedState())
            return
        run = secrets.token_hex(4)
        saved = docker_archive.build(run, (*FIXTURES, *many(self.many)))
        with (
            DeferredSignals(lambda: self.tell(INTERRUPTED)) as signals,
            ExitStack() as stack,
        ):
            platforms = platform_images.build(run)
            plan = PlantingPlan.of(saved, platforms=platforms)
            if self.registry_address:
                remote = registry_images.build(run)
                address = stack.enter_context(
                    registry.serve(remote.contents, self.registry_address)
                )
                plan = PlantingPlan.of(saved, remote, address, platforms)
            yield Prepared(plan=plan, signals=signals, tell=self.tell)


@contextmanager
def planted(transport: Transport, prepared: Prepared) -> Iterator[PlantedState]:
    """Plant the images of *prepared*, delete them at the end, and report any that remain."""
    if prepared.plan is None:
        yield prepared.state
        return
    loader = FixtureLoader(transport, prepared.plan)

    def clear() -> None:
        # A signal may have interrupted the suite before it read a response.
        transport.close()
        with transport.without_time_limit() as unhurried:
            loader.sender = unhurried
            for left in loader.clear():
                prepared.tell(f"could not be deleted: {left}")

    prepared.signals.at_the_end(clear)
    try:
        state = loader.plant(prepared.signals.raise_if_interrupted)
        with prepared.signals.allowed():
            yield state
    finally:
        clear()
