"""Recorded responses of Docker daemons, replayed; see data/README.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from musterd.contract import engines
from tests.server.support import golden

EXCHANGES = golden.exchanges()


@pytest.fixture(scope="module")
def replay() -> Iterator[golden.Replay]:
    made = golden.Replay()
    yield made
    made.close()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=[answers[0].id for answers in EXCHANGES])
def test_responses_match_the_recorded_daemons_except_known_differences(
    replay: golden.Replay, exchange: list[golden.Recorded]
) -> None:
    differences = {
        recorded.version: found
        for recorded in exchange
        if (found := replay.outcome(recorded).difference) is not None
    }
    assert differences == {}


def test_the_fidelity_page_is_up_to_date(replay: golden.Replay) -> None:
    page = Path(__file__).parents[3] / "docs" / "fidelity.md"
    assert golden.fidelity(replay) == page.read_text(), "run `make docs`"


@pytest.mark.parametrize(
    ("server", "engine"),
    [
        ("docker-1.11.2", "docker-1.11"),
        ("docker-20.10.24", "docker-20.10"),
        ("docker-main", "docker-29"),
    ],
)
def test_an_engine_matches_99_percent_of_its_recorded_responses(server: str, engine: str) -> None:
    replay = golden.Replay(engines.find(engine))
    recorded = [each for answers in EXCHANGES for each in answers if each.server == server]
    same = [replay.as_recorded(each) for each in recorded]
    replay.close()
    assert len(same) > 400
    assert sum(same) / len(same) >= 0.99
