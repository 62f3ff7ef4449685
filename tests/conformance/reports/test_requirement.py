from __future__ import annotations

from muster.register.requirements import find, requirements
from muster.reports.phrases import WIDTH
from muster.reports.requirement import explain, table
from muster.suite.sources import describe_source
from tests.conformance.support.runs import LACKING, MUST, OBSERVED, SHOULD


def test_a_table_has_the_id_the_level_and_the_rule_of_each_requirement() -> None:
    assert (
        table([MUST, SHOULD, OBSERVED, LACKING])
        == """
LIST-MUST (MUST)
  The rule of must, which is long enough that the line which it is told in does
    not hold it all.
LIST-SHOULD (SHOULD)
  The rule of should, which is long enough that the line which it is told in
    does not hold it all.
LIST-OBSERVED (OBSERVE)
  The rule of observed, which is long enough that the line which it is told in
    does not hold it all.
LIST-LACKING (MUST)
  The rule of lacking, which is long enough that the line which it is told in
    does not hold it all.
""".removeprefix("\n")
    )


def test_an_explanation_has_the_rule_clause_and_source() -> None:
    assert (
        explain(MUST, "the plain listing.")
        == """
LIST-MUST (MUST)
  The rule of must, which is long enough that the line which it is told in does
    not hold it all.
  Checked with: the plain listing.
  Clause: the words of must
  Source: seed: Query Parameters
""".removeprefix("\n")
    )


def test_an_explanation_says_why_a_requirement_matters() -> None:
    text = explain(requirements()["LIST-LABEL-AND"], "two labels.")
    assert "\n  Why: testcontainers and compose ask with two labels, and remove what they" in text
    assert "\n  Checked with: two labels.\n" in text


def test_an_explanation_says_why_a_requirement_is_not_checked() -> None:
    text = explain(find("LIST-WINDOWS"), "")
    assert text.startswith("LIST-WINDOWS (MUST, not checked)\n")
    assert "\n  Not checked: only engines on Windows hold both\n" in text
    assert "Checked with" not in text


def test_an_explanation_names_servers_that_failed() -> None:
    text = explain(requirements()["LIST-DIGESTS"], "")
    assert text.endswith("\n  Servers that failed it: podman#29210, podman 4.3\n")


def test_a_title_names_the_versions_of_a_requirement() -> None:
    titles = table(requirements().values())
    assert "\nLIST-FILTER-NAME (MUST, up to API 1.24)\n" in titles
    assert "\nLIST-REFERENCE-OR (MUST, from API 1.25)\n" in titles
    assert "\nPLANT-TAG (MUST, with --plant)\n" in titles


def test_the_register_is_printed_at_most_80_wide() -> None:
    register = requirements().values()
    text = table(register) + "".join(explain(each, describe_source(each)) for each in register)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
