"""Runs checks against a target: sends what they yield, and judges what they find."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import muster.checks  # noqa: F401 - importing it registers the checks
from muster.check import CHECKS, Check, Context
from muster.evidence import ALL
from muster.exchange import Sender
from muster.fixtures import Planted
from muster.image import NotAListing, listing
from muster.register import FIRST, Requirement
from muster.verdict import Departure, Held, NoEvidence, Outcome, Result, judge
from muster.version import ApiVersion

ATTEMPTS = 3
"""How often a check is made on a server whose images change meanwhile."""


def run(
    requirements: Sequence[Requirement],
    sender: Sender,
    *,
    schema: Mapping[str, Any],
    seed: int,
    limit: int,
    version: ApiVersion = FIRST,
    planted: Sequence[Planted] = (),
    progress: Callable[[Requirement], None] = lambda _: None,
) -> list[Result]:
    """Check each of *requirements* that has a check in `muster.checks`.

    Args:
        requirements: what to check, in this order.
        sender: sends the requests.
        schema: the JSON schema of an image.
        seed: fixes every random choice.
        limit: how many values a check tries where the server's images offer more.
        version: the API version that *sender* asks.
        planted: the images that the suite put on the server.
        progress: called before each requirement.
    """
    results: list[Result] = []
    for requirement in requirements:
        progress(requirement)
        random = Random(f"{seed} {requirement.id}")  # noqa: S311 - no secret
        context = Context(random, limit, schema, version, tuple(planted))
        # A planted image is the suite's own, and checks of these change them.
        make = perform if requirement.planted else _settled
        outcome, requests = make(CHECKS[requirement.id], context, sender)
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
