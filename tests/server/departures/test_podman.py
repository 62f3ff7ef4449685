"""Podman's parameters, filters and names, as real podman 4.3.1 and 5.8.6 have them."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from musterd.app import create_app
from musterd.archives import listing_json
from musterd.contract import engines
from musterd.departures import podman as engines_podman
from musterd.departures import podman_names
from tests.server.support import asgi
from tests.server.support.golden import AllImages, Images

DIGEST = "sha256:" + "d" * 64
NEVER = -62135596800
LISTING: list[dict[str, Any]] = [
    {
        "Id": "sha256:" + name * 64,
        "ParentId": "sha256:" + parent * 64 if parent else "",
        "RepoTags": tags,
        "RepoDigests": digests,
        "Created": created,
        "Size": 1000,
        "Labels": labels,
    }
    for name, parent, tags, digests, created, labels in (
        ("1", "", ["base:1", "base:2"], [], 100, {"k": "v", "a/b": "", "neq": "x!=y"}),
        ("2", "1", ["<none>:<none>"], ["<none>@<none>"], 200, {"stage": "mid"}),
        ("3", "2", ["user/app:1"], [], 300, {"k": "w"}),
        ("4", "2", ["<none>:<none>"], ["<none>@<none>"], 400, None),
        ("5", "", ["busybox:1"], ["busybox@" + DIGEST], 500, {}),
        ("6", "", ["reg.test:5000/x/y:1"], ["user/z@" + DIGEST], 600, {}),
        ("7", "", None, ["only@" + DIGEST], 700, {}),
        ("8", "", ["undated:1"], [], NEVER, {}),
    )
]


class Podman:
    """An imitation of podman with the images above."""

    def __init__(self, release: str) -> None:
        self.engine = engines.find(f"podman-{release}")
        store = Images()
        store.now = AllImages(listing_json.parse(json.dumps(LISTING).encode(), "the listing"))
        self.app = create_app(store, engine=self.engine)

    def ask(self, query: str, version: str = "1.41", path: str = "/images/json") -> asgi.Answer:
        return asyncio.run(asgi.ask(self.app, f"/v{version}{path}{query}"))

    def lists(self, query: str, filters: Any = None) -> str:
        """Return the first digits of the Ids of what is listed."""
        more = "" if filters is None else f"filters={quote(json.dumps(filters))}"
        answer = self.ask(f"?{query}&{more}")
        assert answer.status == 200, answer.body
        return "".join(image["Id"][7] for image in answer.json)

    def refuses(self, filters: Any) -> str:
        answer = self.ask(f"?filters={quote(json.dumps(filters))}")
        assert answer.status == 500
        error: dict[str, Any] = answer.json
        assert error == {"cause": error["message"], "message": error["message"], "response": 500}
        return str(error["message"])


@pytest.fixture(params=["4.3", "5.8"])
def podman(request: pytest.FixtureRequest) -> Podman:
    return Podman(request.param)


@pytest.fixture(scope="module")
def old() -> Podman:
    return Podman("4.3")


@pytest.fixture(scope="module")
def new() -> Podman:
    return Podman("5.8")


def test_names_have_their_registry(podman: Podman) -> None:
    tags = {image["Id"][7]: image["RepoTags"] for image in podman.ask("").json}
    untagged = None if podman.engine.name == "podman-4.3" else []
    assert tags == {
        "8": ["localhost/undated:1"],
        "1": ["localhost/base:1", "localhost/base:2"],
        "3": ["localhost/user/app:1"],
        "4": untagged,
        "5": ["docker.io/library/busybox:1"],
        "6": ["reg.test:5000/x/y:1"],
        "7": [f"docker.io/library/only@{DIGEST}"],
    }
    digests = {image["Id"][7]: image["RepoDigests"] for image in podman.ask("").json}
    assert digests["6"] == [f"docker.io/user/z@{DIGEST}"]


def test_details_have_the_same_names_and_date(podman: Podman) -> None:
    details = podman.ask("", path="/images/undated:1/json").json
    assert details["RepoTags"] == ["localhost/undated:1"]
    [listed] = podman.ask("?filter=undated:1").json
    assert details["Created"][:4] >= "2020"
    assert listed["Created"] > 1_500_000_000
    assert podman.ask("", path="/images/base:1/json").json["Created"][:4] == "1970"
    assert podman.ask("", path="/images/nosuch/json").json["response"] == 404
    assert podman.ask("", path="/_ping").body == b"OK"


@pytest.mark.parametrize("name", ["base:1", "user/app:1"])
def test_an_image_is_inspected_by_the_name_that_podman_shows(podman: Podman, name: str) -> None:
    details = podman.ask("", path=f"/images/localhost/{name}/json").json
    assert f"localhost/{name}" in details["RepoTags"]
    missing = podman.ask("", path=f"/images/localhost/{name}0/json")
    assert missing.status == 404
    assert missing.json["message"] == f"No such image: localhost/{name}0"


def test_members_are_podmans(podman: Podman) -> None:
    image = podman.ask("?filter=user/app:1").json[0]
    assert image["ParentId"] == "2" * 64
    assert image["Containers"] == 0
    assert image["SharedSize"] == (0 if podman.engine.name == "podman-4.3" else -1)
    assert podman.ask("?shared-size=1").json[0]["SharedSize"] == 0


def test_dangling_and_intermediate_images(podman: Podman) -> None:
    assert podman.lists("") == "8134567"
    assert podman.lists("all=1") == "81234567"
    assert podman.lists("all=1", {"dangling": ["T"]}) == "4"
    assert podman.lists("all=1", {"dangling": ["0"]}) == "8123567"
    assert podman.lists("all=1", {"intermediate": ["true"]}) == "2"
    assert podman.lists("", {"readonly": ["false"]}) == podman.lists("")
    assert podman.lists("", {"containers": ["true"]}) == ""


@pytest.mark.parametrize(
    ("label", "listed"),
    [
        ("k", "13"),
        ("k=", "13"),
        ("k=v", "1"),
        ("*", "123"),
        ("a*b", "1"),
        ("s*=mid", "2"),
        ("nosuch", ""),
    ],
)
def test_labels(podman: Podman, label: str, listed: str) -> None:
    assert podman.lists("all=1", {"label": [label]}) == listed
    assert podman.lists("all=1", {"label": {label: True, "x": False}}) == listed
    assert podman.lists("all=1", {"label!": [label]}) == "".join(
        each for each in "81234567" if each not in listed
    )


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("base", "1"),
        ("base:2", "1"),
        ("localhost/base:2", "1"),
        ("localhost/base:3", ""),
        ("app", "3"),
        ("user/app", "3"),
        ("x/y:1", "6"),
        ("b*", "15"),
        ("localhost/b*:1", "1"),
        ("[", ""),
        ("docker.io/library/busybox", "5"),
        (f"only@{DIGEST}", "7"),
    ],
)
def test_names_match_by_their_parts(podman: Podman, name: str, listed: str) -> None:
    assert podman.lists("", {"reference": [name]}) == listed
    assert podman.lists(f"filter={quote(name)}") == listed


def test_a_pattern_matches_whole_spellings() -> None:
    assert podman_names.matches("*/*:1", ["localhost/base:1"])
    assert not podman_names.matches("*/*:1", ["reg.test:5000/x/y/z:1"])


def test_times(podman: Podman) -> None:
    assert podman.lists("all=1", {"before": ["user/app:1"]}) == "12"
    assert podman.lists("all=1", {"since": ["localhost/user/app:1"]}) == "84567"
    assert podman.lists("all=1", {"after": ["6" * 64]}) == "87"
    assert podman.lists("", {"before": ["undated:1"]}) == "134567"
    assert podman.lists("", {"until": ["350"]}) == "13"
    assert podman.lists("", {"until": ["4102444800"]}) == "8134567"


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"before": ["nosuch"]}, "could not find local image for filter"),
        ({"until": ["soon"]}, "failed to parse value as time or duration"),
        ({"nosuch": ["x"]}, 'unsupported image filter "nosuch"'),
        ({"dangling": ["maybe"]}, "non-boolean value"),
        ({"dangling": {"true": True, "false": True}}, "more than once with different values"),
        ({"label": ["neq=x!=y"]}, 'unsupported image filter "label=neq=x"'),
        ({"label": "k"}, "cannot unmarshal"),
        ({"label": {"k": 1}}, "cannot unmarshal"),
        ([], "cannot unmarshal"),
        (5, "cannot unmarshal"),
    ],
)
def test_wrong_filters_are_refused(podman: Podman, filters: Any, words: str) -> None:
    assert words in podman.refuses(filters)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 100_000], ids=lambda text: text[:3])
def test_malformed_filters_are_refused_in_json_at_every_version(podman: Podman, text: str) -> None:
    for version in ("1.12", "1.23", "1.41", "1.99"):
        answer = podman.ask(f"?filters={text}", version)
        assert (answer.status, answer.headers["content-type"]) == (500, "application/json")


def test_filters_may_be_null(podman: Podman) -> None:
    assert podman.lists("filters=null") == podman.lists("")
    assert podman.lists("", {"label": None, "dangling": {"false": True}}) == "813567"


def test_parameters(podman: Podman) -> None:
    assert podman.lists("ALL=1") == "81234567"
    assert podman.lists("all=0&all=1") == "81234567"
    assert podman.lists("all=%zz") == podman.lists("all=1;x") == podman.lists("")
    assert podman.lists("filters=%zz") == podman.lists("")
    assert podman.ask("?digests=1").body == b""
    assert "content-type" not in podman.ask("?digests=1").headers
    assert podman.lists("digests=0") == podman.lists("Digests=1")


def test_podman_4_3_takes_booleans_of_go_only(old: Podman, new: Podman) -> None:
    assert old.ask("?all=maybe").json["response"] == 400
    assert old.lists("all=on") == old.lists("all=T") == "81234567"
    assert old.lists("all=") == "8134567"
    assert new.lists("all=maybe") == new.lists("all=1") == "81234567"
    assert new.lists("all=none") == "8134567"


def test_podman_4_3_joins_the_values_of_a_list(old: Podman) -> None:
    assert old.lists("", {"label": ["k", "v"]}) == "1"
    assert old.lists("", {"reference": ["base:1", "base:2"]}) == ""
    assert "must be in the format" in old.refuses({"label": []})
    assert old.lists("", {"label": {"k=v": True, "k=w": True}}) == "13"
    assert old.lists("", {"id": ["1" * 12]}) == ""


def test_podman_5_8_wants_every_label_and_any_reference(new: Podman) -> None:
    assert new.lists("", {"label": ["k", "k=v"]}) == "1"
    assert new.lists("", {"label": ["k=v", "k=w"]}) == ""
    assert new.lists("", {"reference": ["base:1", "app"]}) == "13"
    assert new.lists("", {"nosuch": []}) == new.lists("")
    assert new.lists("", {"id": ["1" * 12]}) == new.lists("", {"reference": ["1" * 12]}) == "1"


def test_podman_5_8_hides_other_names_of_a_single_whole_name(new: Podman, old: Podman) -> None:
    def names(podman: Podman, name: str) -> Any:
        return podman.ask(f"?filter={name}").json[0]["RepoTags"]

    assert names(new, "localhost/base:2") == ["localhost/base:2"]
    assert names(new, "base:2") == names(old, "localhost/base:2")
    assert len(names(new, "base:2")) == 2


def test_any_version_is_served_until_the_range_is_changed(podman: Podman) -> None:
    assert podman.ask("", "1.99").status == podman.ask("", "1.3").status == 200
    store = Images()
    app = create_app(store, engine=podman.engine.within("1.40", None))
    answer = asyncio.run(asgi.ask(app, "/v1.39/images/json"))
    assert answer.status == 400
    assert "too old" in answer.json["message"]


def test_a_repeated_answer_is_kept_until_images_change(podman: Podman) -> None:
    assert podman.lists("label=x") == podman.lists("label=x") == "8134567"
    store = Images()
    app = create_app(store, engine=podman.engine)
    assert asyncio.run(asgi.ask(app, "/v1.41/images/json?label=x")).json == []


def test_few_answers_are_kept(podman: Podman) -> None:
    for number in range(40):
        assert podman.lists(f"bench={number}") == "8134567"
    kept = engines_podman.PODMAN_4_3.answered, engines_podman.PODMAN_5_8.answered
    assert all(len(each) <= 16 for each in kept)
