import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError
from musterd.images import reference
from musterd.images.image import Image
from musterd.listing import filters
from musterd.listing.filters import ExactName, Filters, NameFilter
from musterd.listing.labels import LabelCondition

MakeImage = Callable[..., Image]

NOW = 10**18


def parse(text: str, name: str = "", version: str = "1.23") -> Filters:
    return filters.parse(text, name, rules.at(ApiVersion(version)), NOW)


def name_filter(text: str, version: str = "1.23") -> NameFilter | None:
    return parse("", text, version).name


def message(text: str, version: str) -> str:
    with pytest.raises(BadRequestError) as refused:
        parse(text, version=version)
    return str(refused.value)


@pytest.mark.parametrize("text", ["", "null", "{}", " { } ", "{}x", "null x"])
def test_an_empty_value_sets_no_condition(text: str) -> None:
    assert parse(text) == Filters()


@pytest.mark.parametrize(
    ("text", "dangling"),
    [
        ('{"dangling":["true"]}', True),
        ('{"dangling":["false"]}', False),
        ('{"dangling":["true","false"]}', True),
        ('{"dangling":["bogus","false"]}', False),
        ('{"dangling":["true"]}\n', True),
        ('{"dangling":{"true":true}}', True),
        ('{"dangling":{"false":true,"true":false}}', False),
        ('{"dangling":[]}', True),
        ('{"dangling":{}}', True),
        ('{"dangling":null}', True),
        ('{"dangling":["true"],"dangling":["false"]}', False),
    ],
)
def test_dangling_accepts_true_and_false(text: str, dangling: bool) -> None:
    assert parse(text) == Filters(dangling=dangling)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"dangling":["True"]}', "[True]"),
        ('{"dangling":["1"]}', "[1]"),
        ('{"dangling":[" true"]}', "[ true]"),
        ('{"dangling":[""]}', "[]"),
        ('{"dangling":[null]}', "[]"),
        ('{"dangling":["a","b"]}', "[a b]"),
        ('{"dangling":{"true":false}}', "[true]"),
        ('{"dangling":{"true":null}}', "[true]"),
    ],
)
def test_other_values_of_dangling_are_refused_in_dockers_words(text: str, shown: Any) -> None:
    with pytest.raises(BadRequestError) as refused:
        parse(text)
    assert str(refused.value) == f"Invalid filter 'dangling={shown}'"


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('{"label":["k"]}', (LabelCondition("k", None),)),
        ('{"label":["k="]}', (LabelCondition("k", ""),)),
        ('{"label":["k=a=b"]}', (LabelCondition("k", "a=b"),)),
        ('{"label":{"k=v":false}}', (LabelCondition("k", "v"),)),
        ('{"label":["a","b=1"]}', (LabelCondition("a", None), LabelCondition("b", "1"))),
        ('{"label":[null]}', (LabelCondition("", None),)),
        ('{"label":["\\ud800"]}', (LabelCondition("\ufffd", None),)),
        ('{"label":[]}', ()),
        ('{"label":null}', ()),
    ],
)
def test_a_label_is_a_key_or_a_key_and_a_value(text: str, labels: Any) -> None:
    assert parse(text) == Filters(labels=labels)


@given(st.lists(st.text(), max_size=3, unique=True))
def test_both_wire_forms_mean_the_same(texts: list[str]) -> None:
    lists = json.dumps({"label": texts})
    maps = json.dumps({"label": dict.fromkeys(texts, True)})
    assert parse(lists) == parse(maps)


@pytest.mark.parametrize(
    "name", ["foo", "", "Dangling", "LABEL", "label ", "label!", "reference", "before", "%s"]
)
@pytest.mark.parametrize("values", ["[]", '["x"]', '{"x":true}', "null"])
def test_an_unknown_filter_is_refused_in_dockers_words(name: str, values: Any) -> None:
    with pytest.raises(BadRequestError) as refused:
        parse(f'{{"{name}":{values}}}')
    assert str(refused.value) == f"Invalid filter '{name}'"


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "{",
        "}",
        " ",
        "-",
        "{'label':['k']}",
        '{"label":NaN}',
        '{"label":["\\x"]}',
        '{"label":["a\tb"]}',
        "[" * 16_000,
        '{"label":["k"]}x',
    ],
)
def test_invalid_json_is_refused(text: str) -> None:
    with pytest.raises(BadRequestError, match=r"^filters is not valid JSON: "):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"x"',
        "1",
        "true",
        '{"dangling":true}',
        '{"dangling":[true]}',
        '{"label":"k"}',
        '{"label":{"k":"true"}}',
        '{"label":{"k":1}}',
        '{"label":["k"],"dangling":{"true":true}}',
    ],
)
def test_json_of_the_wrong_shape_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRequestError, match=r'^filters must be a JSON object such as \{"label"'):
        parse(text)


def test_text_after_an_object_of_maps_is_ignored() -> None:
    assert parse('{"dangling":{"true":true}}}garbage') == Filters(dangling=True)


def test_json_after_an_object_of_lists_replaces_it_as_in_docker() -> None:
    assert parse('{"dangling":["true"]}{"label":["k"]}') == Filters(
        labels=(LabelCondition("k", None),)
    )


@pytest.mark.parametrize(
    ("condition", "admitted"),
    [
        (LabelCondition("k", None), True),
        (LabelCondition("k", "v"), True),
        (LabelCondition("k", ""), False),
        (LabelCondition("empty", ""), True),
        (LabelCondition("K", None), False),
        (LabelCondition("", None), False),
        (LabelCondition("missing", ""), False),
    ],
)
def test_a_label_must_be_present_with_the_value(
    make_image: MakeImage, condition: LabelCondition, admitted: bool
) -> None:
    image = make_image(1, labels={"k": "v", "empty": ""})
    assert Filters(labels=(condition,)).admit_labels_of(image) is admitted


def test_every_label_must_match(make_image: MakeImage) -> None:
    image = make_image(1, labels={"a": "1", "b": "2"})
    both = (LabelCondition("a", None), LabelCondition("b", "3"))
    assert not Filters(labels=both).admit_labels_of(image)


@pytest.mark.parametrize("labels", [None, {}])
def test_an_empty_list_of_labels_keeps_images_with_a_config(
    make_image: MakeImage, labels: Any
) -> None:
    assert Filters(labels=()).admit_labels_of(make_image(1, labels=labels))
    assert not Filters(labels=()).admit_labels_of(make_image(1, labels=labels, has_config=False))
    assert Filters().admit_labels_of(make_image(1, labels=labels, has_config=False))


DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "name", "admitted"),
    [
        ("ubuntu", "ubuntu:12.04", True),
        ("ubuntu", f"ubuntu@{DIGEST}", True),
        ("ubuntu", "user/ubuntu:12.04", False),
        ("ubuntu:12.04", "ubuntu:12.04", True),
        ("ubuntu:12", "ubuntu:12.04", False),
        ("ubuntu:*", "ubuntu:12.04", False),
        ("ub*", "ubuntu:12.04", True),
        ("docker.io/library/ubuntu", "ubuntu:12.04", False),
        ("docker.io/library/ubuntu:12.04", "ubuntu:12.04", False),
        ("UBUNTU", "ubuntu:12.04", False),
        (f"ubuntu@{DIGEST}", f"ubuntu@{DIGEST}", False),
        ("localhost:5000/*", "localhost:5000/x:1", True),
        ("localhost:5000", "localhost:5000/x:1", False),
        ("[", "ubuntu:12.04", False),
    ],
)
def test_filter_is_a_full_name_or_a_repository_pattern(
    text: str, name: str, admitted: bool
) -> None:
    wanted = name_filter(text)
    assert wanted is not None
    assert wanted.admits(reference.parse(name)) is admitted


def test_an_empty_filter_sets_no_condition() -> None:
    assert name_filter("") is None
    assert name_filter("a:b") == ExactName("a:b")


def test_text_after_filters_is_refused_from_1_24_on() -> None:
    assert message('{"label":{"k":true}}x', "1.24") == "filters has text after its JSON value"
    assert message('{"label":{"k":true}}x', "1.42") == "invalid filter"
    assert parse('{"label":{"k":true}} ', version="1.24") == parse('{"label":["k"]}')


@pytest.mark.parametrize(
    ("text", "dangling"),
    [
        ('{"dangling":["1"]}', True),
        ('{"dangling":["0","bogus"]}', False),
        ('{"dangling":{"true":true,"0":false}}', True),
    ],
)
def test_dangling_accepts_digits_from_1_42_on(text: str, dangling: bool) -> None:
    assert parse(text, version="1.42") == Filters(dangling=dangling)


@pytest.mark.parametrize(
    ("text", "older", "newer"),
    [
        ('{"dangling":["True"]}', "Invalid filter 'dangling=[True]'", "'dangling=[True]'"),
        ('{"dangling":["1"]}', "Invalid filter 'dangling=[1]'", None),
        ('{"dangling":["true","false"]}', None, "'dangling=[true false]'"),
        ('{"dangling":[]}', None, "'dangling'"),
        ('{"foo":["x"]}', "Invalid filter 'foo'", "'foo'"),
        ('{"":["x"]}', "Invalid filter ''", ""),
        ('{"until":["1"]}', "Invalid filter 'until'", None),
    ],
)
def test_error_messages_match_the_daemon_of_each_version(text: str, older: Any, newer: Any) -> None:
    if older is not None:
        assert message(text, "1.41") == older
    if newer is not None:
        assert message(text, "1.42") == f"invalid filter {newer}".rstrip()


def test_before_and_since_name_images_from_1_24_on() -> None:
    found = parse('{"before":["a","b:1"],"since":["c"]}', version="1.24")
    assert found == Filters(before=("a", "b:1"), since=("c",))


def test_until_is_a_timestamp_from_1_42_on() -> None:
    found = parse('{"until":["1.5","1s"]}', version="1.42")
    assert found == Filters(until=(1_500_000_000, NOW - 10**9))
    assert str(parse('{"until":["x"]}', version="1.42").error) == (
        "invalid value for 'until' filter: failed to parse value as time or duration: "
        'invalid seconds "x": invalid syntax'
    )


@pytest.mark.parametrize(
    ("text", "name", "older", "newer"),
    [
        ("ubuntu", "ubuntu:12.04", True, True),
        ("ubuntu:12.04", "ubuntu:12.04", True, True),
        ("ubuntu:*", "ubuntu:12.04", True, True),
        (f"ubuntu@{DIGEST}", f"ubuntu@{DIGEST}", True, True),
        ("docker.io/library/ubuntu", "ubuntu:12.04", False, True),
        ("docker.io/library/ubuntu:12.04", "ubuntu:12.04", False, True),
        ("library/ubuntu", "ubuntu:12.04", False, False),
        ("UBUNTU", "ubuntu:12.04", False, False),
        ("", "ubuntu:12.04", False, False),
        ("*/*", "localhost:5000/x:1", True, True),
    ],
)
def test_reference_matches_names_with_or_without_a_tag(
    text: str, name: str, older: bool, newer: bool
) -> None:
    wanted = json.dumps({"reference": ["nosuch", text]})
    for version, admitted in (("1.24", older), ("1.42", newer)):
        found = parse(wanted, version=version).name
        assert found is not None
        assert found.admits(reference.parse(name)) is admitted


def test_a_malformed_pattern_is_refused_when_it_is_matched() -> None:
    found = parse('{"reference":["a","["]}', version="1.24").name
    assert found is not None
    assert found.admits(reference.parse("a:1"))
    with pytest.raises(BadRequestError, match=r"^syntax error in pattern$"):
        found.admits(reference.parse("b:1"))


def test_filter_is_an_additional_reference_from_1_24_on() -> None:
    assert name_filter("", "1.24") is None
    found = parse('{"reference":["a"]}', "b:*", "1.24").name
    assert found is not None
    admitted = [found.admits(reference.parse(name)) for name in ("a:1", "b:1", "c:1")]
    assert admitted == [True, True, False]


def test_an_empty_list_of_references_admits_no_name() -> None:
    found = parse('{"reference":[]}', version="1.24").name
    assert found is not None
    assert not found.admits(reference.parse("a:1"))


def of(key: str, values: Any) -> str:
    return json.dumps({key: values})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (of("label", ["x" * 20_000]), ""),
        (of("label", ["x" * 10_000]), "y" * 7_000),
        ("", "y" * 20_000),
        ("[" * 20_000, ""),
        ('{"label":[' + " " * 20_000 + "]}", ""),
    ],
)
def test_filters_that_are_too_long_are_refused(text: str, name: str) -> None:
    for version in ("1.23", "1.24", "1.55"):
        with pytest.raises(BadRequestError, match=r"^the filters have more than 16384 characters$"):
            parse(text, name, version)


@pytest.mark.parametrize("key", ["label", "reference", "before", "since", "until"])
def test_the_number_of_filter_values_is_limited(key: str) -> None:
    values = [str(number) for number in range(100)]
    parse(of(key, values), version="1.55")
    for more in (of(key, [*values, "x"]), json.dumps({key: values, "dangling": ["true"]})):
        with pytest.raises(BadRequestError, match=r"^the filters have more than 100 values$"):
            parse(more, version="1.55")
    with pytest.raises(BadRequestError, match=r"^the filters have more than 100 values$"):
        parse(of(key, dict.fromkeys([*values, "x"], False)), version="1.55")


@pytest.mark.parametrize("part", ["*a", "?", "[a-z]", "[" + "a-z" * 300 + "]*"])
def test_patterns_that_are_too_long_are_refused(part: str) -> None:
    most = part * (4096 // len(part))
    parse(of("reference", [most]), version="1.55")
    parse("", most)
    message = r"^the patterns have more than 4096 characters$"
    with pytest.raises(BadRequestError, match=message):
        parse(of("reference", [most, part]), version="1.55")
    with pytest.raises(BadRequestError, match=message):
        parse("", most + part)


def test_literal_names_are_not_counted_as_patterns() -> None:
    parse(of("reference", [f"{number:0100}" for number in range(100)]), version="1.55")
