from __future__ import annotations

from collections.abc import Iterator

import pytest

from muster.errors import UsageError
from muster.model.version import ApiVersion
from muster.planting import platform_images
from muster.planting.session import PlantingOptions
from muster.register.requirements import requirements
from muster.register.verdict import Verdict
from muster.suite.incremental import IncrementalRun
from muster.suite.plan import Plan
from muster.suite.results import Options
from muster.suite.session import Setup
from muster.suite.sources import SHARED
from tests.conformance.support.servers import Served, served
from tests.mutants.conditions import LabelKeyByPrefix
from tests.mutants.stand_in import StandIn

REGISTER = requirements()
VERSION, LATER = ApiVersion(1, 23), ApiVersion(1, 24)
FEW = Options(max_examples=1)


def incremental(server: Served) -> IncrementalRun:
    return IncrementalRun(Plan(server.target, [VERSION], [], options=FEW), Setup(server.target))


@pytest.fixture
def server() -> Iterator[Served]:
    with served(StandIn()) as there:
        yield there


def test_a_single_requirement_can_be_checked(server: Served) -> None:
    steps = incremental(server)
    run = steps.run(REGISTER["HTTP-HEAD"], VERSION)
    assert [result.requirement.id for result in run.results] == ["HTTP-HEAD"]
    assert run.version == VERSION
    steps.close()


def test_requirements_that_share_requests_are_checked_once(server: Served) -> None:
    steps = incremental(server)
    names = ["FUZZ-STATUS", "LIST-LABEL-KEY", "LIST-QUERY"]
    assert set(names) <= SHARED
    runs = [steps.run(REGISTER[names[0]], VERSION)]
    asked = len(server.seen)
    runs += [steps.run(REGISTER[name], VERSION) for name in names[1:]]
    assert len(server.seen) == asked
    assert [[each.requirement.id for each in run.results] for run in runs] == [[n] for n in names]
    steps.close()


def test_a_drawn_query_fails_its_requirement() -> None:
    with served(LabelKeyByPrefix()) as there:
        steps = incremental(there)
        (result,) = steps.run(REGISTER["LIST-LABEL-KEY"], VERSION).results
        assert result.verdict is Verdict.FAIL
        steps.close()


def test_a_requirement_of_another_version_is_refused(server: Served) -> None:
    with pytest.raises(UsageError):
        incremental(server).run(REGISTER["LIST-REFERENCE-TAG"], VERSION)
    assert server.seen == []


def test_images_stay_planted_until_the_end(server: Served) -> None:
    planted = PlantingOptions(plant=True)
    steps = IncrementalRun(
        Plan(server.target, [VERSION], [], options=FEW, provided=planted.provided),
        Setup(server.target, plants=planted),
    )
    for name in ("PLANT-LISTED", "PLANT-LABELS"):
        (result,) = steps.run(REGISTER[name], VERSION).results
        assert result.verdict is Verdict.PASS
    loads = [line for line in server.seen if line.startswith("POST /v1.23/images/load")]
    assert len(loads) == 1 + len(platform_images.build("run"))
    assert not any(line.startswith("DELETE") for line in server.seen)
    steps.close()
    assert any(line.startswith("DELETE") for line in server.seen)


def test_another_version_starts_a_new_run(server: Served) -> None:
    steps = incremental(server)
    assert steps.run(REGISTER["HTTP-HEAD"], VERSION).version == VERSION
    asked = len(server.seen)
    with pytest.raises(Exception, match=r"1\.24"):
        # The stand-in serves 1.23 alone, and says so.
        steps.run(REGISTER["HTTP-HEAD"], LATER)
    assert any("/v1.24/" in line for line in server.seen[asked:])
    steps.close()
