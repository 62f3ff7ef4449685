from __future__ import annotations

import pytest

from muster.reports.headline import headline, troubles
from tests.conformance.support.sample_records import SCENES


@pytest.mark.parametrize(
    ("scene", "verdict"),
    [
        ("fails", "DOES NOT CONFORM: 1 of 5 requirements not met."),
        ("long", "DOES NOT CONFORM: 1 of 1 requirement not met."),
        (
            "several-versions",
            "DOES NOT CONFORM: 2 of 6 requirements not met at one API version or more.",
        ),
        ("strict", "DOES NOT CONFORM: with --strict, warnings count as failures."),
        ("conforms", "CONFORMS: 2 requirements met, none failed."),
        ("known", "NO NEW FAILURE: 1 requirement met, 1 known not to be."),
        (
            "baseline-out-of-date",
            "BASELINE OUT OF DATE: no other failure was found, but what it says is not so.",
        ),
        ("interrupted", "NOT FINISHED: 1 requirement met so far, none failed."),
        ("refused", "NOT FINISHED: 2 requirements met so far, none failed."),
        ("nothing", "NOT CHECKED: nothing could be decided; what is missing stands below."),
    ],
)
def test_a_run_is_judged_in_a_sentence(scene: str, verdict: str) -> None:
    assert headline(SCENES[scene]) == verdict


def test_trouble_is_told_with_the_version_that_had_it() -> None:
    assert troubles(SCENES["refused"]) == ["API 1.23: it does not serve API version 1.23: too old"]
    assert troubles(SCENES["interrupted"]) == ["interrupted"]
    assert troubles(SCENES["fails"]) == []
