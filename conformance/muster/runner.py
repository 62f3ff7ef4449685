"""Runs checks against a target: sends what they yield, and judges what they find."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol

import muster.checks  # noqa: F401 - importing it registers the checks
from muster.check import CHECKS, Check, Context
from muster.evidence import ALL
from muster.exchange import Exchange, Request
from muster.image import NotAListing, listing
from muster.register import Requirement
from muster.verdict import Departure, Held, NoEvidence, Outcome, Result, judge

ATTEMPTS = 3
"""How often a check is made on a server whose images change meanwhile."""


class Sender(Protocol):
    """Sends a request; `muster.transport.Transport` does."""

    def send(self, request: Request) -> Exchange:
        """Send *request* and return what came of it."""
        ...


def run(
    requirements: Sequence[Requirement],
    sender: Sender,
    *,
    schema: Mapping[str, Any],
    seed: int,
    limit: int,
    progress: Callable[[Requirement], None] = lambda _: None,
) -> list[Result]:
    """Check each of *requirements* that has a check in `muster.checks`.

    Args:
        requirements: what to check, in this order.
        sender: sends the requests.
        schema: the JSON schema of an image.
        seed: fixes every random choice.
        limit: how many values a check tries where the server's images offer more.
        progress: called before each requirement.
    """
    results: list[Result] = []
    for requirement in requirements:
        progress(requirement)
        context = Context(Random(f"{seed} {requirement.id}"), limit, schema)  # noqa: S311 - no secret
        outcome, requests = _settled(CHECKS[requirement.id], context, sender)
        results.append(judge(requirement, outcome, requests))
    return results


def _settled(check: Check, context: Context, sender: Sender) -> tuple[Outcome, int]:
    """The outcome of *check*, made again if the server's images changed under it."""
    sent = 0
    for _ in range(ATTEMPTS):
        before = _fingerprint(sender)
        outcome, requests = perform(check, context, sender)
        sent += requests + 1
        if not isinstance(outcome, Departure):
            return outcome, sent
        sent += 1
        if _fingerprint(sender) == before:
            return outcome, sent
    unsettled = (
        f"the images changed during the check, {ATTEMPTS} times: check a server that is not in use"
    )
    return NoEvidence(unsettled), sent


def perform(check: Check, context: Context, sender: Sender) -> tuple[Outcome, int]:
    """Make *check* once; its outcome and the number of requests it sent."""
    steps = check(context)
    requests = 0
    try:
        request = next(steps)
        while True:
            requests += 1
            request = steps.send(sender.send(request))
    except StopIteration as end:
        held: Held = end.value
        return held, requests
    except (Departure, NoEvidence) as outcome:
        return outcome, requests


def _fingerprint(sender: Sender) -> list[str] | None:
    """What tells one state of the server's images from another; None if it cannot be had."""
    response = sender.send(ALL).response
    if response is None:
        return None
    try:
        images = listing(response)
    except NotAListing:
        return None
    return sorted(json.dumps(image.raw, sort_keys=True) for image in images)
