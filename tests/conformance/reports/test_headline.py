from __future__ import annotations

import pytest

from muster.reports.headline import headline, incomplete_reasons
from muster.suite.results import Options
from tests.conformance.support.runs import FAILED, PASSED, made, run
from tests.conformance.support.sample_records import SCENES

TWO_OF_7 = "2 of 7 requirements checked."
NO_LONGER = "entries of the baseline no longer apply"


@pytest.mark.parametrize(
    ("scene", "verdict"),
    [
        ("fails", "DOES NOT CONFORM: 1 of 5 requirements not met."),
        ("long", "DOES NOT CONFORM: 1 of 1 requirement not met."),
        (
            "several-versions",
            "DOES NOT CONFORM: 2 of 6 requirements not met at one API version or more.",
        ),
        (
            "strict",
            f"DOES NOT CONFORM: with --strict, warnings count as failures. {TWO_OF_7}",
        ),
        ("conforms", "CONFORMS: 2 requirements met, none failed. 3 of 7 requirements checked."),
        ("known", "NO NEW FAILURE: 1 requirement met; 1 failed, as the baseline says."),
        (
            "baseline-out-of-date",
            f"BASELINE OUT OF DATE: nothing else failed, but {NO_LONGER}.",
        ),
        ("interrupted", "NOT FINISHED: 1 requirement met so far, none failed."),
        ("refused", "NOT FINISHED: 2 requirements met so far, none failed."),
        ("nothing", "NOT CHECKED: nothing could be decided; the report says what is missing."),
    ],
)
def test_the_headline_summarizes_a_run(scene: str, verdict: str) -> None:
    assert headline(SCENES[scene]) == verdict


def test_the_reason_for_an_incomplete_run_names_the_version() -> None:
    assert incomplete_reasons(SCENES["refused"]) == [
        "API 1.23: it does not serve API version 1.23: too old"
    ]
    assert incomplete_reasons(SCENES["interrupted"]) == ["interrupted"]
    assert incomplete_reasons(SCENES["fails"]) == []


@pytest.mark.parametrize("selection", [{"only": ("LIST-MUST",)}, {"skip": ("LIST-SHOULD",)}])
def test_the_headline_shows_the_share_of_a_selection(
    selection: dict[str, tuple[str, ...]],
) -> None:
    record = made(run(PASSED), options=Options(**selection))
    assert headline(record) == (
        "CONFORMS: 1 requirement met, none failed. 1 of 7 requirements checked."
    )


def test_an_interrupted_run_is_not_judged() -> None:
    record = made(run(PASSED, FAILED), aborted_because="interrupted")
    assert headline(record) == "NOT FINISHED: 0 requirements met so far, 1 not met."
