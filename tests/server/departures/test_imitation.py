import pytest

from musterd.departures.imitation import Imitation
from musterd.errors import ServeError


def test_the_default_engine_is_any_without_departures() -> None:
    engine, departures = Imitation().resolve()
    assert engine.name == "any"
    assert departures == ()


def test_an_engine_gets_the_requested_range() -> None:
    engine, _ = Imitation(engine="docker-29", api_min="1.24").resolve()
    assert (engine.name, str(engine.oldest), str(engine.newest)) == ("docker-29", "1.24", "1.56")


def test_departures_are_case_insensitive_and_may_be_listed() -> None:
    _, departures = Imitation(departures=("LIST-ORDER,list-digests", "LIST-EMPTY")).resolve()
    assert [each.name for each in departures] == ["LIST-ORDER", "LIST-DIGESTS", "LIST-EMPTY"]


@pytest.mark.parametrize(
    ("imitation", "message"),
    [
        (Imitation(engine="docker"), "there is no engine 'docker', only any, docker-1.11, docker-"),
        (Imitation(departures=("X",)), "there is no departure 'X', only LIST-ANSWER, LIST-SCHEMA"),
        (
            Imitation(api_min="2"),
            "'2' is not an API version of musterd; write one from 1.12",
        ),
    ],
)
def test_unknown_values_are_refused_with_the_available_ones(
    imitation: Imitation, message: str
) -> None:
    with pytest.raises(ServeError) as refused:
        imitation.resolve()
    assert str(refused.value).startswith(message)
