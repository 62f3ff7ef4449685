from __future__ import annotations

import dataclasses

import pytest

from muster.register.verdict import Result, Verdict
from muster.reports.markdown import LIMIT, code, escaped, fenced, markdown
from tests.conformance.support import snapshots
from tests.conformance.support.runs import ANSWERED, FAILED, MUST, made, run
from tests.conformance.support.sample_records import SCENES


@pytest.mark.parametrize("scene", SCENES)
def test_a_report_matches_its_snapshot(scene: str) -> None:
    snapshots.check(f"{scene}.md", markdown(SCENES[scene]))


def test_the_summary_fits_in_a_comment() -> None:
    many = [
        dataclasses.replace(
            FAILED,
            requirement=dataclasses.replace(MUST, id=f"LIST-X{number}"),
            message="word " * 500,
        )
        for number in range(400)
    ]
    text = markdown(made(run(*many)))
    assert LIMIT - 3000 < len(text) <= LIMIT
    assert text.endswith(" more parts do not fit in a comment; the record holds them.\n")
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a|b*c_d`e", r"a\|b\*c\_d\`e"),
        ("<none>:<none> & [x](y) #1", r"&lt;none&gt;:&lt;none&gt; &amp; \[x\](y) \#1"),
        ("one\ntwo\x07", "one two�"),
        ("@someone", "@\N{WORD JOINER}someone"),
        ("back\\slash ~~x~~", r"back\\slash \~\~x\~\~"),
    ],
)
def test_server_content_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_code_is_formatted_as_code() -> None:
    assert code("LIST-ORDER") == "`LIST-ORDER`"
    assert code("a`b<c") == r"<code>a\`b&lt;c</code>"


def test_a_code_block_cannot_be_closed_by_its_content() -> None:
    assert fenced("a\n```\nb\x07", "sh") == "````sh\na\n```\nb�\n````\n"
    assert fenced("a") == "```\na\n```\n"


def test_server_content_cannot_close_the_details() -> None:
    odd = Result(MUST, Verdict.FAIL, "</details>\n# Owned", ("- ```\n</details>",), (ANSWERED,))
    text = markdown(made(run(odd)))
    assert text.count("\n</details>\n") == 1
    assert "\n# Owned" not in text
