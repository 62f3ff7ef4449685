"""Fuzzes List Images with Schemathesis, from the contract's document.

Schemathesis draws requests (the examples of the document, boundary values, and random ones, valid
and invalid) and validates the responses against the document. It sends nothing itself: requests go
through the suite's own transport, which only reads. This module uses one undocumented part of
Schemathesis, `create_test`, with which its own pytest plugin builds its tests.

Schemathesis is an extra: without it, `muster.fuzzing.schema_fuzz` says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response as AnyResponse
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.specs.openapi import checks as openapi

from muster.fuzzing.ids import ALIVE, MEDIA_TYPE, SCHEMA, STATUS
from muster.model.exchange import Exchange, Request, Response
from muster.model.image import shorten
from muster.model.query import PATH, filters_json
from muster.register.verdict import Departure
from muster.runner.liveness import Watch

CHECKED_BY = {
    STATUS: openapi.status_code_conformance,
    MEDIA_TYPE: openapi.content_type_conformance,
    SCHEMA: openapi.response_schema_conformance,
}

CONFIG = {
    # Without this, Schemathesis tries DELETE, POST and more on the path; DELETE removes images.
    "phases": {"coverage": {"unexpected-methods": []}},
    "generation": {"database": "none"},
    "cache": {"enabled": False},
}


def _filters() -> st.SearchStrategy[str]:
    """Draw values of `filters`: valid ones in both wire forms, and invalid ones."""
    texts = st.text(max_size=12)
    labels = st.lists(st.one_of(texts, st.builds("{}={}".format, texts, texts)), max_size=3)
    dangling = st.lists(st.sampled_from(["true", "false"]), min_size=1, max_size=2)
    filters = st.fixed_dictionaries({}, optional={"dangling": dangling, "label": labels})
    forms = st.sampled_from(["list", "map"])
    correct = st.builds(lambda value, form: filters_json(value, form=form), filters, forms)
    cut = st.builds(lambda text, at: text[:at], correct, st.integers(0, 30))
    keys = st.sampled_from(["dangling", "label", "Label", ""])
    values = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), texts),
        lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(keys, inner)),
        max_leaves=4,
    )
    wrong = st.builds(json.dumps, st.one_of(values, st.dictionaries(keys, values, max_size=2)))
    return st.one_of(correct, correct, cut, wrong)


schemathesis.openapi.format("docker-filters", _filters())


class _Fuzzing:
    """The findings so far: for each cause, the shortest request that shows it."""

    def __init__(self, watch: Watch, base_url: str) -> None:
        self.watch = watch
        self.base_url = base_url
        self.found: dict[str, Departure] = {}

    def ask(self, case: schemathesis.Case[Any]) -> None:
        """Send *case*, and validate the response against the document."""
        if self.watch.gone:
            return
        prepared = requests.Request(**_request_arguments(case, self.base_url)).prepare()
        target = (prepared.url or "").removeprefix(self.base_url)
        exchange = self.watch.send_hostile(Request(target, method=case.method))
        if self.watch.gone:
            self.found[ALIVE] = self.watch.departure()
            return
        if exchange.response is None:
            self._note(ALIVE, f"no answer came: {exchange.error}", exchange)
            return
        answer = _as_schemathesis_has_it(exchange.response, prepared)
        for requirement, check in CHECKED_BY.items():
            try:
                case.validate_response(answer, checks=[check])
            except FailureGroup as group:
                # A response that fails one check fails the later ones for the same reason.
                self._note(requirement, _told(group), exchange)
                return

    def _note(self, requirement: str, message: str, exchange: Exchange) -> None:
        known = self.found.get(requirement)
        if known is None or len(exchange.request.target) < len(known.exchanges[0].request.target):
            self.found[requirement] = Departure(message, [exchange])


def departures(
    document: Mapping[str, Any], watch: Watch, *, seed: int, max_examples: int
) -> dict[str, Departure]:
    """Return the findings by requirement; the arguments are those of `schema_fuzz.fuzz`."""
    load_all_checks()
    config = SchemathesisConfig.from_dict(CONFIG | {"seed": seed})
    base_url = "http://muster"
    schema = schemathesis.openapi.from_dict(dict(document), config=config)
    schema.config.update(base_url=base_url)
    operation = schema[PATH]["GET"]
    fuzzing = _Fuzzing(watch, base_url)
    test = create_test(
        operation=operation,
        test_func=fuzzing.ask,
        config=HypothesisTestConfig(
            project=schema.config,
            modes=list(HypothesisTestMode),
            seed=seed,
            settings=hypothesis.settings(
                database=None,
                deadline=None,
                max_examples=max_examples,
                phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            ),
            apply_ci_profile=False,
        ),
    )
    test()
    return fuzzing.found


def _request_arguments(case: schemathesis.Case[Any], base_url: str) -> dict[str, Any]:
    arguments = case.as_transport_kwargs(base_url=base_url)
    return {name: arguments[name] for name in ("method", "url", "params") if name in arguments}


def _as_schemathesis_has_it(response: Response, prepared: requests.PreparedRequest) -> AnyResponse:
    return AnyResponse(
        status_code=response.status,
        headers={name: [value] for name, value in response.headers.items()},
        content=response.body,
        request=prepared,
        elapsed=0.0,
        verify=True,
    )


def _told(group: FailureGroup) -> str:
    first = group.exceptions[0]
    return shorten(f"{first.title}: {first.message}", 200)
