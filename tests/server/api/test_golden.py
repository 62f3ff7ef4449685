"""What Docker's daemons answered on the wire, replayed; see data/README.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.support import golden

EXCHANGES = golden.exchanges()


@pytest.fixture(scope="module")
def replay() -> Iterator[golden.Replay]:
    made = golden.Replay()
    yield made
    made.close()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=[answers[0].id for answers in EXCHANGES])
def test_the_answers_are_the_daemons_but_for_what_was_decided_otherwise(
    replay: golden.Replay, exchange: list[golden.Recorded]
) -> None:
    differences = {
        recorded.version: found
        for recorded in exchange
        if (found := replay.outcome(recorded).difference) is not None
    }
    assert differences == {}


def test_the_page_about_it_is_up_to_date(replay: golden.Replay) -> None:
    page = Path(__file__).parents[3] / "docs" / "fidelity.md"
    assert golden.fidelity(replay) == page.read_text(), "run `make docs`"
