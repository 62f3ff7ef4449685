"""The report for CI servers: JUnit XML, with a test case for each requirement and API version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from muster.record.outcome import counts
from muster.record.record import Record, RecordedResult, RecordedVersion, Unchecked
from muster.register.verdict import Verdict
from muster.reports import phrases

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, even escaped."""


def junit(record: Record) -> str:
    """Return *record* as JUnit XML.

    A result that prevents a pass is a failure. A result that could not be checked, or that the
    baseline knows, is skipped with its reason. Trouble of the run, not of the server, is an error.
    """
    root = Element("testsuites", name="muster", time=f"{record.seconds:.3f}")
    for version in record.versions:
        _suite(root, record, version)
    _baseline(root, record)
    for attribute, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        for suite in (root, *root):
            suite.set(attribute, str(sum(1 for _ in suite.iter(tag))))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def legal(text: str) -> str:
    """Return *text* with U+FFFD for characters that XML does not allow."""
    return ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def _class(version: str) -> str:
    """Return a class name whose version has no dots: CI servers would split it there."""
    return f"muster.v{version.replace('.', '_')}"


def _suite(root: Element, record: Record, version: RecordedVersion) -> None:
    name = _class(version.api_version)
    suite = SubElement(
        root, "testsuite", name=name, timestamp=record.started, time=f"{version.seconds:.3f}"
    )
    said_of = {
        "target": record.target,
        "server": record.identity,
        "seed": str(record.seed),
        "muster": record.muster,
    }
    properties = SubElement(suite, "properties")
    for key, value in said_of.items():
        SubElement(properties, "property", name=key, value=legal(value))
    for result in record.results:
        if result.api_version == version.api_version:
            _case(suite, record, result)
    for gap in record.unchecked:
        if gap.api_version == version.api_version and gap.kind != "version":
            _gap(suite, gap)
    if version.aborted_because:
        trouble = SubElement(suite, "testcase", classname=name, name="the run", time="0")
        SubElement(trouble, "error", message=legal(version.aborted_because), type="trouble")


def _case(suite: Element, record: Record, result: RecordedResult) -> None:
    name = _class(result.api_version)
    case = SubElement(
        suite,
        "testcase",
        classname=name,
        name=result.requirement,
        time=f"{result.seconds:.3f}",
    )
    properties = SubElement(case, "properties")
    SubElement(properties, "property", name="requests", value=str(result.requests))
    message = legal(result.message)
    if counts(result, strict=record.strict):
        failure = SubElement(case, "failure", message=message, type=result.level.value)
        failure.text = legal("\n".join(_told(result)))
    elif result.verdict is Verdict.BLOCKED:
        SubElement(case, "error", message=message, type="blocked")
    elif result.verdict is Verdict.INCONCLUSIVE:
        SubElement(case, "skipped", message=message)
    elif result.known is not None:
        SubElement(case, "skipped", message=legal(f"known: {result.known.reason}"))
        SubElement(case, "system-out").text = legal("\n".join(_told(result)))
    elif message:
        word = "warning" if result.verdict is Verdict.WARN else "observed"
        SubElement(case, "system-out").text = legal("\n".join([f"{word}:", *_told(result)]))


def _told(result: RecordedResult) -> Iterable[str]:
    yield result.rule
    yield from phrases.describe_finding(result)
    yield from result.difference
    yield f"Clause: {result.clause} [{result.source}]"
    yield from (f"$ {command}" for command in result.reproduce)


def _gap(suite: Element, gap: Unchecked) -> None:
    name = _class(gap.api_version)
    case = SubElement(suite, "testcase", classname=name, name=gap.requirement, time="0")
    SubElement(case, "skipped", message=legal(gap.why))


def _baseline(root: Element, record: Record) -> None:
    if record.baseline is None:
        return
    name = "muster.record.baseline"
    suite = SubElement(root, "testsuite", name=name, timestamp=record.started, time="0")
    for problem in record.baseline.problems:
        case = SubElement(suite, "testcase", classname=name, name=legal(problem), time="0")
        SubElement(case, "failure", message=legal(problem), type="baseline")
