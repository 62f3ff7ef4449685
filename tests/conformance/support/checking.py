"""Making one check on a server in memory."""

from __future__ import annotations

from muster.checks.check import Context
from muster.model.version import ApiVersion
from muster.planting.docker_archive import build
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan
from muster.register.requirements import requirements
from muster.register.verdict import Result
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from tests.mutants.stand_in import StandIn

REGISTER = requirements()


def checked(server: StandIn, name: str, version: str = "1.23") -> Result:
    """Return the result of the requirement *name*."""
    context = RunContext(Watch(server), ApiVersion.parse(version), max_examples=48)
    (result,) = runner.run([REGISTER[name]], context)
    return result


def checked_planted(server: StandIn, name: str, version: str = "1.23") -> Result:
    """Return the result of the requirement *name*, with the fixture images on *server*."""
    ground = FixtureLoader(server, PlantingPlan.of(build("run"))).plant()
    parsed = ApiVersion.parse(version)
    context = RunContext(Watch(server), parsed, max_examples=48, planted=ground)
    (result,) = runner.run([REGISTER[name]], context)
    return result


def without_images() -> Context:
    """Return the context of a check on a server without planted images."""
    return runner._check_context(REGISTER["LIST-ANSWER"], RunContext(Watch(StandIn())), {})  # noqa: SLF001 - there is no other maker
