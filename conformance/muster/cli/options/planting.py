"""Options of commands that put images on a server, and what is told of these."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from muster.errors import UsageError
from muster.model.exchange import Request
from muster.planting import docker_archive, planted_file, registry, registry_images
from muster.planting.fixtures import FIXTURES, many
from muster.planting.loader import Planting
from muster.planting.plan import PlantingPlan, permission
from muster.planting.signals import Interruption
from muster.planting.state import Ground
from muster.register.requirements import Need
from muster.transport.transport import Transport, reads_only

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one run is about to plant.

    Attributes:
        ground: what is there already; nothing, or what was planted by hand.
        plan: what to plant; None for nothing.
        interruption: holds signals back while images are put there and removed.
    """

    ground: Ground = field(default_factory=Ground)
    plan: PlantingPlan | None = None
    interruption: Interruption = field(default_factory=Interruption)

    @property
    def permission(self) -> Callable[[Request], bool]:
        """What may be sent meanwhile."""
        return permission(self.plan) if self.plan else reads_only


@dataclass(frozen=True, slots=True)
class PlantingOptions:
    """Which images the suite puts on a server.

    Attributes:
        plant: whether it puts any there.
        many: how many images that are alike it plants besides.
        registry_address: `HOST:PORT` of the suite's registry; empty for none.
        planted: the file that says what was planted by hand; None for nothing.
    """

    plant: bool = False
    many: int = 0
    registry_address: str = ""
    planted: Path | None = None

    def check(self) -> None:
        """Find out before a run what makes no sense.

        Raises:
            UsageError: if something does not.
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
        """What requirements can count on.

        Raises:
            UsageError: if the file of `planted` is none.
        """
        if self.planted:
            return planted_file.read(self.planted).provided
        given = {
            Need.PLANTED: self.plant,
            Need.CHANGES: self.plant,
            Need.MANY: bool(self.many),
            Need.PULLED: bool(self.registry_address),
        }
        return frozenset(need for need, there in given.items() if there)

    @contextmanager
    def prepared(self) -> Iterator[Prepared]:
        """What to plant in one run, under names of its own; the registry serves meanwhile.

        Raises:
            UsageError: if nothing can listen at `registry_address`.
        """
        if not self.plant:
            yield Prepared(planted_file.read(self.planted) if self.planted else Ground())
            return
        run = secrets.token_hex(4)
        saved = docker_archive.build(run, (*FIXTURES, *many(self.many)))
        with Interruption(_told) as interruption, ExitStack() as stack:
            plan = PlantingPlan.of(saved)
            if self.registry_address:
                remote = registry_images.build(run)
                address = stack.enter_context(
                    registry.serve(remote.contents, self.registry_address)
                )
                plan = PlantingPlan.of(saved, remote, address)
            yield Prepared(plan=plan, interruption=interruption)


def planting_options(command: Command) -> Command:
    """Give *command* the options, which arrive as its argument `plants`."""

    @click.option(
        "--plant",
        is_flag=True,
        help="Load fixture images first, and remove them after: more can be checked on these.",
    )
    @click.option(
        "--plant-many",
        metavar="N",
        type=click.IntRange(min=1),
        help="With --plant: load N more images, e.g. 300, to see that no listing is cut off.",
    )
    @click.option(
        "--registry-address",
        metavar="HOST:PORT",
        help="With --plant: serve images there, e.g. at 127.0.0.1:5055, for the server to pull, "
        "so that they have digests. Over plain HTTP, which the server must allow; it does on "
        "127.0.0.1.",
    )
    @click.option(
        "--planted",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The images of `muster fixtures OUT.tar --planted FILE` were loaded by hand.",
    )
    @functools.wraps(command)
    def with_planting(
        *args: Any,
        plant: bool,
        plant_many: int | None,
        registry_address: str | None,
        planted: Path | None,
        **kwargs: Any,
    ) -> Any:
        plants = PlantingOptions(plant, plant_many or 0, registry_address or "", planted)
        return command(*args, plants=plants, **kwargs)

    return with_planting  # type: ignore[return-value]  # click's decorators keep the type


@contextmanager
def planted(transport: Transport, prepared: Prepared) -> Iterator[Ground]:
    """Plant what is *prepared*, remove it at the end, and say what could not be removed."""
    if prepared.plan is None:
        yield prepared.ground
        return
    planting = Planting(transport, prepared.plan)

    def clear() -> None:
        # An answer may be under way that an interruption kept from being read.
        transport.close()
        with transport.without_time_limit() as unhurried:
            planting.sender = unhurried
            for left in planting.clear():
                click.echo(f"muster: could not be removed: {left}", err=True)

    prepared.interruption.at_the_end(clear)
    try:
        ground = planting.plant(prepared.interruption.check)
        with prepared.interruption.allowed():
            yield ground
    finally:
        clear()


def _told() -> None:
    click.echo("muster: interrupted; the fixture images are removed first", err=True)
