import pytest

from musterd.departures.imitation import Imitation
from musterd.errors import ServeError


def test_it_is_every_version_as_it_was_by_default() -> None:
    engine, departures = Imitation().resolve()
    assert engine.name == "any"
    assert departures == ()


def test_an_engine_has_the_range_that_it_is_given() -> None:
    engine, _ = Imitation(engine="docker-29", api_min="1.24").resolve()
    assert (engine.name, str(engine.oldest), str(engine.newest)) == ("docker-29", "1.24", "1.56")


def test_departures_are_named_in_any_case_and_in_lists() -> None:
    _, departures = Imitation(departures=("LIST-ORDER,list-digests", "LIST-EMPTY")).resolve()
    assert [each.name for each in departures] == ["LIST-ORDER", "LIST-DIGESTS", "LIST-EMPTY"]


@pytest.mark.parametrize(
    ("imitation", "message"),
    [
        (Imitation(engine="docker"), "there is no engine 'docker', only any, docker-1.11, docker-"),
        (Imitation(departures=("X",)), "there is no departure 'X', only LIST-ANSWER, LIST-SCHEMA"),
        (Imitation(api_min="2"), "'2' is no API version that musterd knows; write one from 1.12"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    imitation: Imitation, message: str
) -> None:
    with pytest.raises(ServeError) as refused:
        imitation.resolve()
    assert str(refused.value).startswith(message)
