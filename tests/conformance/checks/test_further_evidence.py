"""What `tests/mutants` leaves of the checks on changes, long filters, instants and connections."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from muster.checks.check import CHECKS
from muster.model.exchange import Exchange, Request, Response
from muster.planting.docker_archive import build
from muster.planting.loader import FixtureLoader
from muster.planting.plan import PlantingPlan
from muster.register.requirements import requirements
from muster.register.verdict import Inconclusive, Result, Verdict
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from tests.mutants.innocents import (
    Answering,
    EntityTags,
    LongFiltersAreRefused,
    OneSecondForAll,
)
from tests.mutants.side_effects import ConfirmsAnOldEntityTag, LoserShowsHalfAPlaceholder
from tests.mutants.stand_in import StandIn
from tests.mutants.wire import CutsGzip, EncodesUnasked

REGISTER = requirements()


def checked(server: StandIn, name: str, version: str = "1.23") -> Result:
    context = RunContext(Watch(server), runner_version(version), max_examples=48)
    (result,) = runner.run([REGISTER[name]], context)
    return result


def runner_version(text: str) -> Any:
    from muster.model.version import ApiVersion  # noqa: PLC0415

    return ApiVersion.parse(text)


def planted(server: StandIn, name: str) -> Result:
    """Return the result of *name* on *server*, with the fixture images on it."""
    ground = FixtureLoader(server, PlantingPlan.of(build("run"))).plant()
    context = RunContext(Watch(server), max_examples=48, planted=ground)
    (result,) = runner.run([REGISTER[name]], context)
    return result


def test_images_of_one_second_show_no_instant_between_them() -> None:
    result = checked(OneSecondForAll("1.44"), "LIST-UNTIL-SPELLINGS", "1.44")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "five minutes apart" in result.message


def test_a_filter_may_be_refused_from_some_length_on() -> None:
    assert checked(LongFiltersAreRefused(), "LIST-FILTERS-LONG").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (EncodesUnasked(), "is encoded as gzip, which the client does not accept"),
        (CutsGzip(), "an answer encoded as gzip cannot be read"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_coding_is_accepted_only_where_it_was_asked_for_and_can_be_read(
    server: StandIn, words: str
) -> None:
    result = checked(server, "HTTP-CONTENT-CODING")
    assert result.verdict is Verdict.FAIL
    assert words in result.message


class Refuses(StandIn):
    """Answers with another coding than gzip."""

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        accepted = dict(request.headers).get("Accept-Encoding", "")
        if answer is None or "br" not in accepted:
            return answer
        return Response(answer.status, {**answer.headers, "content-encoding": "br"}, answer.body)


def test_a_coding_that_cannot_be_undone_is_a_departure_in_its_own_words() -> None:
    assert "encoded as br" in checked(Refuses(), "HTTP-CONTENT-CODING").message


class OldGzip(Answering):
    """Calls gzip by its old name."""

    def written(self, request: Request, answer: Response) -> Response:
        if dict(request.headers).get("Accept-Encoding") != "gzip":
            return answer
        headers = {**answer.headers, "content-encoding": "x-gzip"}
        return Response(answer.status, headers, gzip.compress(answer.body))


def test_gzip_may_be_called_by_its_old_name() -> None:
    assert checked(OldGzip(), "HTTP-CONTENT-CODING").verdict is Verdict.PASS


class Counts(StandIn):
    """Answers each request with something else."""

    count = 0

    def answer(self, request: Request) -> Response | None:
        self.count += 1
        answer = super().answer(request)
        if answer is None or "all=1" in request.target:
            return answer
        return Response(200 + self.count % 3, answer.headers, answer.body)


class DropsSome(StandIn):
    """Answers nothing to one kind of request."""

    def answer(self, request: Request) -> Response | None:
        return None if "digests" in request.target else super().answer(request)


def outcome(server: StandIn, name: str) -> Any:
    """Return what the check of *name* finds, made once."""
    from muster.runner.pipeline import Pipeline  # noqa: PLC0415

    watch = Watch(server, (0.0,))
    context = RunContext(watch, max_examples=48)
    return runner.perform(CHECKS[name], known(context), Pipeline(watch))


def known(context: RunContext) -> Any:
    return runner._check_context(REGISTER["HTTP-CONCURRENT"], context, {})  # noqa: SLF001


def test_a_server_that_repeats_nothing_shows_nothing_about_connections() -> None:
    assert "LIST-REPEATABLE" in str(outcome(Counts(), "HTTP-CONCURRENT"))


def test_a_connection_that_is_closed_mixes_nothing_up() -> None:
    assert not isinstance(outcome(DropsSome(), "HTTP-CONCURRENT"), Exception)


def test_an_entity_tag_from_before_a_change_is_not_confirmed() -> None:
    result = planted(ConfirmsAnOldEntityTag(), "PLANT-CHANGE-DERIVED")
    assert "still confirmed" in result.message


def test_a_new_entity_tag_after_a_change_is_correct() -> None:
    assert planted(EntityTags(), "PLANT-CHANGE-DERIVED").verdict is Verdict.PASS


def test_half_a_placeholder_is_found() -> None:
    result = planted(LoserShowsHalfAPlaceholder(), "PLANT-TAG-LAST")
    assert "half a placeholder" in result.message


class Busy(StandIn):
    """Another client changes an image of its own with every change of the suite's."""

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        self.images[1]["Size"] += 1
        return super().tagged(name, parameters)


def test_images_of_others_that_change_each_time_count() -> None:
    result = planted(Busy(), "PLANT-CHANGE-ALONE")
    assert result.verdict is Verdict.FAIL
    assert "Size" in "".join(result.difference)


class BusyOnce(StandIn):
    """Another client changes an image of its own, once."""

    done = False

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        if not self.done:
            self.images[1]["Size"] += 1
        self.done = True
        return super().tagged(name, parameters)


def test_an_image_of_others_that_changes_once_does_not() -> None:
    assert planted(BusyOnce(), "PLANT-CHANGE-ALONE").verdict is Verdict.PASS


def test_without_the_images_to_change_nothing_can_be_said() -> None:
    class Nameless(StandIn):
        """Loses what a change is about before it is made."""

        def tagged(self, name: str, parameters: dict[str, str]) -> Response:
            return self.error(500, "read only")

    result = planted(Nameless(), "PLANT-CHANGE-ALONE")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "was refused" in result.message


class Wavers(StandIn):
    """Mixes connections up the first time, and never again."""

    mixed = 0

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        if request.body and not self.mixed:
            self.mixed = 1
        elif self.mixed == 1:
            self.mixed = 2
            return self.json([])
        return answer


def test_what_a_connection_shows_once_and_never_again_is_not_held_against_a_server() -> None:
    result = checked(Wavers(), "HTTP-AFTER-ERROR")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message == "departed from once, and not in 3 further tries"


class Moves(StandIn):
    """Mixes connections up, and has another image each time that the check is repeated."""

    bodies = 0
    behind = False

    def answer(self, request: Request) -> Response | None:
        answer = super().answer(request)
        if self.behind:
            answer = self.json([])
        self.behind = bool(request.body)
        self.bodies += self.behind
        if self.behind and self.bodies % 2 == 0:
            self.images[0]["Size"] += 1
        return answer


def test_nothing_is_judged_while_images_change_under_a_check_that_is_repeated() -> None:
    result = checked(Moves(), "HTTP-AFTER-ERROR")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith("the images changed during the check, 3 times")


def test_an_exchange_without_an_answer_says_why() -> None:
    from muster.checks import wire  # noqa: PLC0415

    lost = Exchange(Request("/"), None, "closed")
    assert wire._content(lost) == ("closed",)  # noqa: SLF001


def test_without_a_change_that_can_be_made_nothing_can_be_said() -> None:
    from muster.checks.planting import side_effects  # noqa: PLC0415
    from muster.runner.pipeline import Pipeline  # noqa: PLC0415

    context = known(RunContext(Watch(StandIn())))
    steps = side_effects._each(context, [], side_effects._nothing_else)  # noqa: SLF001
    with pytest.raises(Inconclusive, match="no planted image is there to change"):
        runner.drive(steps, Pipeline(Watch(StandIn())))
