"""Checks beyond `tests/mutants`: missing evidence and unusual responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.checks.check import CHECKS
from muster.model.exchange import Request, Response
from muster.model.version import FIRST, ApiVersion
from muster.register.requirements import requirements
from muster.register.verdict import Result, Verdict
from muster.runner import runner
from muster.runner.context import RunContext
from muster.runner.liveness import Watch
from tests.conformance.support.servers import Answers, Holds
from tests.mutants import labels
from tests.mutants.requests import DropsTheConnection
from tests.mutants.stand_in import DIGEST, StandIn, catalogue, image

REGISTER = requirements()
SEED = [
    name
    for name, rule in REGISTER.items()
    if name in CHECKS and rule.holds_at(FIRST) and rule.need is None
]
"""What can be tried of the seed's own version on any server."""


def checked(
    server: StandIn,
    *names: str,
    limit: int = 12,
    version: str = "1.23",
) -> list[Result]:
    context = RunContext(Watch(server), ApiVersion.parse(version), max_examples=limit * 4)
    return list(runner.run([REGISTER[name] for name in names], context))


def only(server: StandIn, name: str) -> tuple[Verdict, str]:
    (result,) = checked(server, name)
    return result.verdict, result.message


BASE = image("base", 3, RepoTags=["base:1"], Labels={"a": "b"})
LEAF = image("leaf", 3, ParentId=BASE["Id"], Labels={"a": "b"})
BARE = image("bare", 3)
PULLED = image("pulled", 3, RepoDigests=[f"pulled@{DIGEST}"], Labels={"a": "b"})


@pytest.mark.parametrize(
    ("name", "images", "missing"),
    [
        ("LIST-ORDER", [], "no two images were created at different times: add another image"),
        ("LIST-ORDER", [BASE, BARE], "no two images were created at different times: add another"),
        ("LIST-ID-UNIQUE", [], "the server holds no image: add an image"),
        ("LIST-SCHEMA", [], "the server holds no image: add an image"),
        ("LIST-REFERENCE-UNIQUE", [BARE], "no image has a tag or a digest: tag one"),
        ("LIST-LABELS-NONE", [BASE], "every image has labels: add one without"),
        ("LIST-ALL-INTERMEDIATE", [BASE], "no intermediate image: build one of two steps with the"),
        ("LIST-ALL-SPELLINGS", [BASE], "all=1 shows no image that the plain listing hides: build"),
        (
            "LIST-DANGLING-SPLIT",
            [BASE],
            "no image is dangling: untag an image that has no children",
        ),
        ("LIST-DANGLING-SPLIT", [BARE], "no image is tagged"),
        ("LIST-DANGLING-TRUE", [BASE], "no image is dangling: untag an image that has no children"),
        ("LIST-DANGLING-FALSE", [BASE], "every image has a name: untag one"),
        ("LIST-DIGEST-ONLY", [BASE], "no image has a digest but no tag: pull one by its digest"),
        ("LIST-LABEL-KEY", [BARE], "no image has a label: build one with LABEL"),
        ("LIST-FILTER-NAME", [PULLED], "no image has a tag: tag one"),
        ("LIST-FILTER-NARROWS", [BASE], "no image has two tags: tag one twice, in different repos"),
        (
            "LIST-CONDITIONS-AND",
            [LEAF],
            "no image has both a tag and a label: build one with LABEL",
        ),
        ("LIST-CONDITIONS-AND", [PULLED], "no image has both a tag and a label: build one with"),
        ("LIST-FILTERS-FALSE", [BARE], "no image has a label: build one with LABEL"),
        ("LIST-TAGS-SORTED", [BASE], "no image has two tags: tag one twice"),
        ("LIST-NAME-DIGESTS", [BASE, PULLED], "no image has both a tag and a digest: pull one"),
    ],
)
def test_a_rule_without_evidence_is_inconclusive_and_says_why(
    name: str, images: list[dict[str, Any]], missing: str
) -> None:
    verdict, message = only(Holds(*images), name)
    assert verdict is Verdict.INCONCLUSIVE
    assert message.startswith(missing)


@pytest.mark.parametrize(
    ("change", "message", "difference"),
    [
        (
            {"RepoTags": ["x" * 200 + "@" + DIGEST]},
            "RepoTags: the value is not valid under any of the schemas listed",
            '+ RepoTags: ["xxx',
        ),
        ({"Size": "big"}, 'Size: the value is not of type "integer"', '+ Size: "big"'),
    ],
)
def test_the_error_of_a_member_is_separated_from_its_value(
    change: dict[str, Any], message: str, difference: str
) -> None:
    (result,) = checked(Holds(BASE | change), "LIST-SCHEMA")
    assert result.message.startswith(f"image {BASE['Id']}: {message}")
    (line,) = result.difference
    assert line.startswith(difference)


def test_a_missing_member_is_reported_without_a_value() -> None:
    (result,) = checked(Holds({k: v for k, v in BASE.items() if k != "Size"}), "LIST-SCHEMA")
    assert result.message == f'image {BASE["Id"]}: "Size" is a required property'
    assert result.difference == ()


# Correct servers may lack the details that only daemons have: accuse none of them.
@pytest.mark.parametrize("images", [[], [BASE], [BARE], [PULLED], [LEAF, BASE]])
def test_a_correct_server_with_few_images_is_never_accused(
    images: list[dict[str, Any]],
) -> None:
    results = checked(Holds(*images), *SEED)
    assert [r for r in results if r.verdict in {Verdict.FAIL, Verdict.WARN}] == []


@pytest.mark.parametrize("server", [Answers(None), Answers(Response(503, {}, b"down"))])
def test_a_server_without_a_listing_fails_few_other_rules(server: StandIn) -> None:
    departed = {r.requirement.id for r in checked(server, *SEED) if r.verdict is Verdict.FAIL}
    assert "LIST-ANSWER" in departed
    assert "LIST-ORDER" not in departed


def test_error_messages_are_inconclusive_without_errors() -> None:
    verdict, message = only(Answers(Response(200, {}, b"[]")), "LIST-ERROR-MESSAGE")
    assert verdict is Verdict.INCONCLUSIVE
    assert message == "no mistake is answered with an error (see LIST-FILTERS-MALFORMED)"


@pytest.mark.parametrize(
    ("media_type", "body", "verdict"),
    [
        ("application/json", b'{"message": "no"}', Verdict.PASS),
        ("application/json; charset=utf-8", b'{"message": "no", "x": 1}', Verdict.PASS),
        ("text/plain", b"no", Verdict.PASS),
        ("application/json", b'{"message": " "}', Verdict.FAIL),
        ("application/json", b'{"message": 5}', Verdict.FAIL),
        ("application/json", b'["no"]', Verdict.FAIL),
        ("application/json", b"no", Verdict.FAIL),
        ("text/plain", b"\n", Verdict.FAIL),
        ("text/html", b"no", Verdict.FAIL),
    ],
)
def test_an_error_needs_a_message_in_text_or_json(
    media_type: str, body: bytes, verdict: Verdict
) -> None:
    server = Answers(Response(400, {"content-type": media_type}, body))
    assert only(server, "LIST-ERROR-MESSAGE")[0] is verdict


@pytest.mark.parametrize(
    ("shown_labels", "seen"),
    [
        ([{"Labels": None}, {"Labels": {}}], "null, {}"),
        ([{"Labels": {}}, {"Labels": {"a": "b"}}], "{}"),
        ([{}], "absent"),
    ],
)
def test_the_form_of_missing_labels_is_observed(
    shown_labels: list[dict[str, Any]], seen: str
) -> None:
    shown = [{"Id": str(number), **each} for number, each in enumerate(shown_labels)]
    server = Answers(Response(200, {}, json.dumps(shown).encode()))
    assert only(server, "LIST-LABELS-NONE") == (
        Verdict.OBSERVE,
        f"Labels of images without labels: {seen}",
    )


class DigestOnly(StandIn):
    """Lists digest-only images in the `dangling` listings named by `where`."""

    where: tuple[bool, ...]

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        if dangling is not None and each["RepoDigests"] and not each["RepoTags"]:
            return dangling in self.where
        return super().listed(each, dangling, everything=everything, by_name=by_name)


@pytest.mark.parametrize(
    ("where", "seen"),
    [
        ((True,), "dangling=true"),
        ((False,), "dangling=false"),
        ((True, False), "dangling=true and dangling=false"),
    ],
)
def test_an_image_named_by_a_digest_only_may_be_dangling_or_not(
    where: tuple[bool, ...], seen: str
) -> None:
    server = DigestOnly()
    server.where = where
    assert only(server, "LIST-DIGEST-ONLY") == (
        Verdict.OBSERVE,
        f"an image with a digest but no tag is listed by {seen}",
    )
    assert only(server, "LIST-DANGLING-SPLIT")[0] is Verdict.PASS


def test_an_image_in_neither_dangling_listing_is_observed() -> None:
    server = DigestOnly()
    server.where = ()
    assert only(server, "LIST-DIGEST-ONLY")[1].endswith("is listed by neither")


def test_an_untagged_image_in_both_dangling_listings_is_reported() -> None:
    class Both(StandIn):
        def listed(
            self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
        ) -> bool:
            answers = {dangling} if dangling is None else {True, dangling}
            usual = super().listed
            return any(
                usual(each, answer, everything=everything, by_name=by_name) for answer in answers
            )

    (result,) = checked(Both(), "LIST-DANGLING-SPLIT")
    assert result.verdict is Verdict.FAIL
    assert [line[:11] for line in result.difference] == ["+ in both: "]


def test_images_listed_for_an_unknown_label_are_reported() -> None:
    class IgnoresLabels(StandIn):
        def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
            return True

    verdict, message = only(IgnoresLabels(), "LIST-EMPTY")
    assert verdict is Verdict.FAIL
    assert message.startswith("images are listed for a label that none has: ")


LOCAL = image("local", 3, RepoTags=["localhost:5000/a:1"])
DATELESS = image("dateless", 0, RepoTags=["dateless:1"])


class ListsOnly(StandIn):
    """Serves List Images and nothing else."""

    def routes(self, path: str, query: str) -> Callable[[], Response] | None:
        return super().routes(path, query) if path == "/images/json" else None


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("LIST-REFERENCES-RESOLVE", "the server does not answer GET /images/NAME/json"),
        ("LIST-INSPECT-SAME", "the server does not answer GET /images/NAME/json"),
        ("LIST-INFO-COUNT", "the server does not say how many images it holds: GET /info"),
    ],
)
def test_rules_on_other_endpoints_are_inconclusive_without_them(name: str, lacking: str) -> None:
    verdict, message = only(ListsOnly(), name)
    assert verdict is Verdict.INCONCLUSIVE
    assert message.endswith(lacking)


@pytest.mark.parametrize("body", [b"<html>", b"[]"])
def test_an_inspect_response_must_be_a_json_object(body: bytes) -> None:
    class Another(StandIn):
        def inspected(self, name: str) -> Response:
            if name == "busybox:latest":
                return Response(200, {"content-type": "application/json"}, body)
            return super().inspected(name)

    (result,) = checked(Another(), "LIST-REFERENCES-RESOLVE", limit=50)
    assert result.verdict is Verdict.FAIL
    assert result.message == "busybox:latest is listed, but does not refer to its image"
    assert result.difference[1] == "+ status 200"


def test_an_image_that_cannot_be_inspected_fails_only_one_rule() -> None:
    class HidesOne(StandIn):
        def inspected(self, name: str) -> Response:
            hidden = self.images[0]["Id"]
            return self.error(404, "gone") if name == hidden else super().inspected(name)

    assert only(HidesOne(), "LIST-INSPECT-SAME")[0] is Verdict.PASS


def test_only_members_shown_by_inspect_are_compared() -> None:
    class Short(StandIn):
        def details(self, each: dict[str, Any]) -> dict[str, Any]:
            return {"Id": each["Id"], "RepoTags": each["RepoTags"], "Config": {}}

    server = Short()
    for each in server.images:
        each["Labels"] = None
    assert only(server, "LIST-INSPECT-SAME")[0] is Verdict.PASS


def test_an_invalid_date_is_shown_verbatim() -> None:
    class Undated(StandIn):
        def details(self, each: dict[str, Any]) -> dict[str, Any]:
            return super().details(each) | {"Created": "long ago"}

    (result,) = checked(Undated(), "LIST-INSPECT-SAME")
    assert result.difference[1] == "+ Created: long ago"


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["a:1", "b:1"], "sorted as they are shown and sorted as docker.io/library/..."),
        (["x/a:1", "b:1"], "in no order"),
        (["b:1", "a.io/x:1"], "in no order"),
        (["a.io/x:1", "b:1"], "sorted as they are shown and sorted as docker.io/library/..."),
        (["x:1", "e.io/x:1"], "sorted as docker.io/library/..."),
    ],
)
def test_the_order_of_tags_is_observed(tags: list[str], told: str) -> None:
    server = Holds(image("a", 1, RepoTags=tags))
    assert only(server, "LIST-TAGS-SORTED") == (Verdict.OBSERVE, f"RepoTags are {told}")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Response(400, {}, b"no"), "is an error"),
        (Response(200, {}, b"{}"), "is answered with no listing"),
        (Response(200, {}, b"[]"), "filters in another way"),
    ],
)
def test_the_meaning_of_a_filter_without_values_is_observed(answer: Response, told: str) -> None:
    class Empty(StandIn):
        def listing(self, parameters: dict[str, str]) -> Response:
            return answer if "[]" in parameters.get("filters", "") else super().listing(parameters)

    verdict, message = only(Empty(), "LIST-FILTERS-NO-VALUES")
    assert verdict is Verdict.OBSERVE
    assert message == f"label without values {told}; dangling without values {told}"


def test_the_error_format_is_inconclusive_without_errors() -> None:
    verdict, message = only(Answers(Response(200, {}, b"[]")), "LIST-ERROR-TEXT")
    assert verdict is Verdict.INCONCLUSIVE
    assert message == "no mistake is answered with an error (see LIST-FILTERS-MALFORMED)"


def test_a_negated_label_excludes_matching_images() -> None:
    (result,) = checked(labels.Negates("1.44"), "LIST-LABEL-NOT", version="1.44")
    assert result.verdict is Verdict.PASS


def test_filters_of_later_versions_may_be_supported() -> None:
    class Newer(StandIn):
        """Takes them at every version, as Docker 20.10 does."""

        def known(self, key: str) -> None:
            StandIn("1.44").known(key)

    (result,) = checked(Newer(), "LIST-LATER-FILTERS")
    assert result.verdict is Verdict.PASS


def test_malformed_manifests_are_searched_for_later_members() -> None:
    class Odd(StandIn):
        def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
            shown = super().shown(each, parameters)
            odd = ["x", {}, {"ImageData": None}, {"ImageData": {}}]
            return shown | ({"Manifests": odd} if "manifests" in parameters else {})

    (result,) = checked(Odd("1.47"), "LIST-LATER-MEMBERS", version="1.47")
    assert result.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("name", "images", "missing"),
    [
        ("LIST-BEFORE", [BASE], "the server holds one image only: add 2 images"),
        ("LIST-SINCE", [DATELESS, image("other", 0)], "no image has a creation date after 1970"),
        ("LIST-REFERENCE-OR", [BASE, BARE], "there is only one tag: add another"),
        ("LIST-REFERENCE-CANONICAL", [LOCAL], "no image has a name of Docker Hub: tag one busybox"),
        ("LIST-TIMES-AND", [BASE, BARE], "there are not three images of different dates"),
        ("LIST-SHARED-SIZE-FILTERED", [BASE, BARE], "no two images share a layer: build one on"),
    ],
)
def test_a_rule_of_a_later_version_without_evidence_is_inconclusive(
    name: str, images: list[dict[str, Any]], missing: str
) -> None:
    server = StandIn("1.44")
    server.images = images
    (result,) = checked(server, name, version="1.44")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith(missing)


def test_undated_images_may_or_may_not_match_until() -> None:
    class Dateless(StandIn):
        def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
            early = "1" in filters.get("until", ())
            return "until" not in filters or (each["Created"] == 0) is early

    server = Dateless("1.44")
    server.images = [DATELESS]
    (result,) = checked(server, "LIST-UNTIL", version="1.44")
    assert result.verdict is Verdict.PASS


def test_until_a_late_date_must_list_every_dated_image() -> None:
    class Empty(StandIn):
        def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
            return "until" not in filters

    (result,) = checked(Empty("1.44"), "LIST-UNTIL", version="1.44")
    assert result.verdict is Verdict.FAIL
    assert result.message.startswith("until=253402300799 leaves out ")


def test_patterns_are_only_built_from_valid_names() -> None:
    odd = image("odd", 1, RepoDigests=[f"-odd@{DIGEST}", f"odd/@{DIGEST}"])
    server = Holds(image("a", 1, RepoTags=["x:1"]), odd)
    assert only(server, "LIST-FILTER-PATTERN")[0] is Verdict.PASS


def test_a_duplicate_name_of_an_image_is_reported() -> None:
    server = Holds(image("a", 1, RepoTags=["x:1", "x:1"]))
    verdict, message = only(server, "LIST-REFERENCE-UNIQUE")
    assert verdict is Verdict.FAIL
    assert message.endswith(" shows x:1 2 times")


def test_repeated_values_need_different_listings_as_evidence() -> None:
    server = DigestOnly()
    server.where = (True, False)
    server.images = [PULLED]
    assert only(server, "LIST-FIRST-VALUE") == (
        Verdict.INCONCLUSIVE,
        "no two values have different answers: add images in two repositories",
    )


def test_a_one_letter_name_has_no_prefix_to_test() -> None:
    assert only(Holds(image("a", 1, RepoTags=["x:1"])), "LIST-FILTER-NAME")[0] is Verdict.PASS


def test_a_dropped_request_is_the_evidence_of_its_check() -> None:
    (result,) = checked(DropsTheConnection(), "LIST-FILTER-NAME")
    assert result.verdict is Verdict.FAIL
    assert "filter=" in result.shown_by[-1].request.target
    assert result.shown_by[-1].response is None


class Disturbed(StandIn):
    """Shows other values for some members of some images than it means."""

    def __init__(self, members: dict[tuple[int, str], Any], *, huge: bool) -> None:
        super().__init__()
        self.members = members
        self.huge = huge
        self.position = {each["Id"]: at for at, each in enumerate(self.images)}

    def ordered(self, images: list[dict[str, Any]]) -> Any:
        disturbed = [dict(each) for each in super().ordered(images)]
        for each in disturbed:
            at = self.position[each["Id"]]
            each.update({name: v for (where, name), v in self.members.items() if where == at})
        return disturbed

    def json(self, value: Any) -> Response:
        answer = super().json(value)
        body = answer.body.replace(b"123456789", b"1e999" if self.huge else b"9" * 400)
        return Response(answer.status, answer.headers, body)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        1.5,
        123456789,
        "",
        "x",
        "\x00",
        "�",
        [],
        [None],
        [["a"]],
        [{}],
        ["", "x"],
        ["a:b"],
        ["[a:b"],
        ["-:-"],
        ["@x"],
        ["/@x"],
        ["-x@y"],
        ["<none>:<none>", "a:b"],
        {},
        {"a": 1},
        {"a": "1"},
        {"a": None},
        {"a": [1]},
        {"": ""},
        {"=": "="},
        {"\x00": "\x1b"},
    ]
)
MEMBERS = ["Id", "ParentId", "RepoTags", "RepoDigests", "Created", "Size", "Labels", "Extra"]


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, len(catalogue()) - 1), st.sampled_from(MEMBERS)),
        ODD,
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_every_rule_is_decided_for_any_listing(
    members: dict[tuple[int, str], Any], huge: bool
) -> None:
    results = checked(Disturbed(members, huge=huge), *SEED, limit=4)
    assert [result.requirement.id for result in results] == SEED


@given(st.binary(max_size=20), st.sampled_from([200, 204, 302, 400, 500]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_rule_is_decided_for_any_response(body: bytes, status: int, as_json: bool) -> None:
    headers = {"content-type": "application/json" if as_json else ""}
    results = checked(Answers(Response(status, headers, body)), *SEED, limit=4)
    assert [result.requirement.id for result in results] == SEED


def test_checks_request_only_images() -> None:
    asked: set[tuple[str, str]] = set()

    class Recorded(StandIn):
        def answer(self, request: Request) -> Response | None:
            asked.add((request.method, request.target.partition("?")[0]))
            return super().answer(request)

    checked(Recorded(), *SEED)
    others = {target for method, target in asked if not target.lower().startswith("/images/")}
    assert others == {"/_ping", "/info", "/version", "//images/json", "/%69mages/json"}
    assert {method for method, _ in asked} == {"GET", "HEAD"}


class NothingCounted(StandIn):
    """Counts no containers, and has the parts that *parts* says of each image."""

    def __init__(self, *parts: Any) -> None:
        super().__init__("1.51")
        self.parts = [*parts]

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = super().shown(each, parameters) | {"Containers": -1}
        return shown | {"Manifests": self.parts} if "manifests" in parameters else shown


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([], Verdict.PASS),
        ([{"Kind": "attestation", "Available": True}], Verdict.PASS),
        ([{"Kind": "image", "Available": False}], Verdict.PASS),
        ([{"Kind": "image", "Available": True}], Verdict.FAIL),
    ],
)
def test_containers_need_not_be_counted_without_an_available_platform(
    parts: list[Any], verdict: Verdict
) -> None:
    (result,) = checked(NothingCounted(*parts), "LIST-CONTAINERS", version="1.51")
    assert result.verdict is verdict


def test_digests_are_inconclusive_if_none_are_shown_anywhere() -> None:
    class NoDigests(StandIn):
        """Shows no RepoDigests, neither listed nor inspected."""

        def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
            shown = super().shown(each, parameters)
            del shown["RepoDigests"]
            return shown

    server = NoDigests()
    server.images = [BASE, BARE]
    verdict, message = only(server, "LIST-DIGESTS-SHOWN")
    assert verdict is Verdict.INCONCLUSIVE
    assert message == "no image is known to have a digest: pull one from a registry"
