"""Each departure breaks its requirement, as the suite finds, and no other MUST."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from muster.checks.check import CHECKS
from muster.model.exchange import Exchange, Request, Response
from muster.model.version import ApiVersion
from muster.register.requirements import Level, requirements
from muster.register.verdict import Verdict, judge
from muster.runner import runner, steadiness
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from musterd.app import create_app
from musterd.archives import listing_json
from musterd.departures import table
from musterd.departures.exchange import Departure, Query
from musterd.errors import ServeError
from tests.server.support import asgi
from tests.server.support.golden import AllImages, Images

LISTING = Path(__file__).with_name("listing.json")
REGISTER = requirements()
# The first of them at which a requirement holds is where it is tried.
VERSIONS = ("1.23", "1.24", "1.25", "1.41", "1.42", "1.43", "1.44", "1.54")
# There is no SharedSize at 1.23 to show it.
LATER = {"LIST-LATER-PARAMETERS": "1.25"}


class Served:
    """A musterd that departs, as the suite's checks ask it."""

    def __init__(self, version: str, *departures: Departure) -> None:
        self.version = version
        store = Images()
        store.now = AllImages(listing_json.parse(LISTING.read_bytes(), "the listing"))
        self.app = create_app(store, departures=departures)
        self.loop = asyncio.new_event_loop()

    def ask(self, target: str, method: str = "GET", **options: Any) -> asgi.Answer:
        return self.loop.run_until_complete(asgi.ask(self.app, target, method, **options))

    def send(self, request: Request) -> Exchange:
        version = f"/v{self.version}" if request.version is None else request.version
        answer = self.ask(version + request.target, request.method, headers=dict(request.headers))
        body = b"" if request.method == "HEAD" else answer.body
        return Exchange(request, Response(answer.status, answer.headers, body), "")


def departed(server: Served) -> set[str]:
    """Return the requirements that read-only checks find broken."""
    version = ApiVersion.parse(server.version)
    context = RunContext(Watch(server), version, 0, max_examples=48)
    chosen = [
        each
        for each in REGISTER.values()
        if each.id in CHECKS and each.need is None and each.holds_at(version)
    ]
    results = {each.requirement.id: each for each in runner.run(chosen, context)}
    # A run counts what went wrong now and then at its end.
    for name, outcome in steadiness.outcomes(context.watch).items():
        results[name] = judge(REGISTER[name], outcome)
    server.loop.close()
    return {name for name, each in results.items() if each.verdict in {Verdict.FAIL, Verdict.WARN}}


def version_for(name: str) -> str:
    held = (each for each in VERSIONS if REGISTER[name].holds_at(ApiVersion.parse(each)))
    return LATER.get(name) or next(held)


@pytest.mark.slow
@pytest.mark.parametrize("name", table.DEPARTURES)
def test_the_suite_reports_a_departure_only_under_its_requirement(name: str) -> None:
    version = version_for(name)
    found = departed(Served(version, table.DEPARTURES[name]))
    assert name in found
    assert {each for each in found if REGISTER[each].level is Level.MUST} <= {name}


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_the_suite_finds_nothing_without_departures(version: str) -> None:
    assert departed(Served(version)) == set()


# Each departure changes the responses to some of these requests, but not to all.
QUERIES = (
    "",
    "?all=1",
    "?all=True",
    "?all=maybe",
    "?all=0&all=1",
    "?ALL=1",
    "?digests=1",
    "?%61ll=1",
    "?all=%zz",
    "?identity=1",
    "?shared-size=1",
    "?only_ids=1",
    "?filter=x",
    "?filter=x:v1",
    "?filter=dee*/y",
    "?filter=busybox",
    "?filter=busybox:latest",
    "?filters=",
    "?filters={",
    "?filters=[]",
    *(
        f"?filters={json.dumps(filters)}"
        for filters in (
            {"nosuch": ["x"]},
            {"dangling": ["true"]},
            {"dangling": ["T"]},
            {"dangling": ["maybe"]},
            {"dangling": {"true": True}},
            {"dangling": {"maybe": True}},
            {"label": ["stage"]},
            {"label": ["st*"]},
            {"label": ["st*", "stage=mid"]},
            {"label": ["eq=a=b=c"]},
            {"label": ["empty="]},
            {"label": ["stage="]},
            {"label": ["no such label"]},
            {"label": ["common", "stage=leaf"]},
            {"label": {"stage": False}},
            {"label": {"stage": True}},
            {"label": ["stage"], "dangling": ["true"]},
            {"reference": ["x"]},
            {"reference": ["x:v1"]},
            {"reference": ["dee*/y"]},
            {"reference": ["busybox"]},
            {"reference": ["busybox", "app"]},
            {"reference": ["app"], "label": ["stage"]},
            {"before": ["app:v1"]},
            {"before": ["nosuch"]},
            {"before": ["app:v1", "busybox"]},
            {"since": ["app:v1"]},
            {"since": ["no such name"]},
            {"before": ["app:v1"], "since": ["nosuch"]},
            {"until": ["2016-01-02"]},
            {"until": ["never"]},
        )
    ),
    '?all=1&filters={"dangling":["false"]}',
    '?filter=x&filters={"label":["k"]}',
)
TARGETS = (
    *(
        f"/v{version}/images/json{query}"
        for version in ("1.23", "1.30", "1.54")
        for query in QUERIES
    ),
    "/images/json",
    "/images/json/",
    "/images/%6Ason",
    "/v1.99/images/json",
    "/v1.11/images/json",
    "/v1.41/images/busybox/json",
    "/v1.41/images/nosuch/json",
    "/info",
    "/_ping",
)


def answers(*departures: Departure) -> dict[str, tuple[int, str | None, bytes]]:
    server = Served("1.56", *departures)
    found = {target: server.ask(target) for target in TARGETS}
    server.loop.close()
    return {
        target: (answer.status, answer.headers.get("content-type"), answer.body)
        for target, answer in found.items()
    }


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return answers()


@pytest.mark.parametrize("name", table.DEPARTURES)
def test_a_departure_changes_only_some_responses(name: str, plain: dict[str, Any]) -> None:
    departed = answers(table.DEPARTURES[name])

    changed = {
        target for target in TARGETS if answer_of(departed, target) != answer_of(plain, target)
    }
    assert changed
    assert changed != set(TARGETS)


def answer_of(found: dict[str, Any], target: str) -> Any:
    """Return an answer with its JSON decoded, as spaces do not matter."""
    status, kind, body = found[target]
    return (status, kind, json.loads(body) if body[:1] in {b"[", b"{"} else body)


def test_at_least_forty_requirements_have_a_departure_with_its_source() -> None:
    assert len(table.DEPARTURES) >= 40
    for departure in table.DEPARTURES.values():
        assert departure.name in REGISTER
        assert departure.summary.endswith(".")
        assert departure.source.startswith("https://github.com/")


def test_departures_are_found_by_name() -> None:
    found = table.find(" list-digests, LIST-ORDER,")
    assert [each.name for each in found] == ["LIST-DIGESTS", "LIST-ORDER"]
    assert table.find("") == ()


def test_an_unknown_departure_is_refused_with_the_available_ones() -> None:
    with pytest.raises(ServeError, match=r"^there is no departure 'NOSUCH', only LIST-ANSWER, "):
        table.find("nosuch")


@pytest.fixture
def depart() -> Any:
    """Ask a server that departs as named; without a version in the target, the newest."""

    def ask(names: str, target: str, method: str = "GET", **options: Any) -> asgi.Answer:
        server = Served("1.56", *table.find(names))
        answer = server.ask(target, method, **options)
        server.loop.close()
        return answer

    return ask


def test_several_departures_can_be_combined(depart: Any) -> None:
    plain = depart("", "/v1.41/images/json").json
    listed = depart("LIST-ORDER,LIST-ID-UNIQUE", "/v1.41/images/json").json
    assert [image["Id"] for image in listed] == [
        *(image["Id"] for image in reversed(plain)),
        plain[0]["Id"],
    ]


def test_a_changed_listing_drops_the_entity_tag(depart: Any) -> None:
    answer = depart("LIST-ORDER", "/images/json", headers={"accept-encoding": "gzip"})
    assert "etag" not in answer.headers
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-length"] == str(len(answer.body))


def test_other_methods_and_paths_are_left_alone(depart: Any) -> None:
    every = ",".join(table.DEPARTURES)
    assert depart(every, "/_ping", "HEAD").status == 200
    assert depart(every, "/_ping").body == b"OK"
    assert depart(every, "/nosuch").status == 404


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", {}),
        ("filters={", {}),
        ("filters=[]", {}),
        ('filters={"label":["a",1]}', {}),
        ('filters={"label":{"a":1}}', {}),
        ('filters={"label":["a"],"dangling":["true"]}', {"label": ["a"], "dangling": ["true"]}),
        ('filters={"label":{"a":true,"b":false}}', {"label": ["a", "b"]}),
    ],
)
def test_filters_are_decoded_in_either_form(text: str, filters: Any) -> None:
    assert Query.of("/images/json", b"", text.encode()).filters == filters


@pytest.mark.parametrize(
    ("path", "version", "rest", "minor"),
    [
        ("/v1.44/images/json", "/v1.44", "/images/json", 44),
        ("/images/json", "", "/images/json", None),
        ("/v2/info", "/v2", "/info", None),
        ("*", "", "*", None),
    ],
)
def test_a_path_is_split(path: str, version: str, rest: str, minor: int | None) -> None:
    query = Query.of(path, path.encode(), b"")
    assert (query.version, query.path, query.minor) == (version, rest, minor)
