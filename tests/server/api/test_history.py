import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.api import history
from musterd.contract import rules
from musterd.contract.rules import V1_23, Rules
from musterd.contract.versions import ApiVersion
from musterd.errors import InconsistentImageError
from musterd.images.image import NEVER, Image, Layer

MakeImage = Callable[..., Image]
LAYERS = (Layer("sha256:1", 10), Layer("sha256:2", 20))
STEPS = [
    {"created": "2016-01-01T00:00:00.9Z", "created_by": "ADD base"},
    {"created": "2016-01-02T00:00:00Z", "created_by": "ENV a=b", "empty_layer": True},
    {"created": "2016-01-03T00:00:00Z", "created_by": "RUN x", "comment": "note"},
]


def config(steps: Any) -> bytes:
    return json.dumps({"history": steps}).encode()


def shown(image: Image, *ancestors: Image, at: Rules = V1_23) -> Any:
    return json.loads(history.answer(image, iter((image, *ancestors)), at))


def test_the_last_step_comes_first_with_the_size_of_its_layer(make_image: MakeImage) -> None:
    image = make_image(1, tags=["z:1", "user/a:1"], config=config(STEPS), layers=LAYERS)
    assert shown(image) == [
        {
            "Id": image.id,
            "Created": 1451779200,
            "CreatedBy": "RUN x",
            "Tags": ["user/a:1", "z:1"],
            "Size": 20,
            "Comment": "note",
        },
        {
            "Id": "<missing>",
            "Created": 1451692800,
            "CreatedBy": "ENV a=b",
            "Tags": None,
            "Size": 0,
            "Comment": "",
        },
        {
            "Id": "<missing>",
            "Created": 1451606400,
            "CreatedBy": "ADD base",
            "Tags": None,
            "Size": 10,
            "Comment": "",
        },
    ]


def test_earlier_steps_have_the_ids_of_the_parents(make_image: MakeImage) -> None:
    image = make_image(1, config=config(STEPS), layers=LAYERS)
    parent = make_image(2, tags=["p:1"])
    ids = [(step["Id"], step["Tags"]) for step in shown(image, parent)]
    assert ids == [(image.id, None), (parent.id, ["p:1"]), ("<missing>", None)]


def test_only_as_many_ancestors_as_steps_are_read(make_image: MakeImage) -> None:
    def forever() -> Any:
        while True:
            yield image

    image = make_image(1, config=config(STEPS[:1]), layers=LAYERS)
    assert len(json.loads(history.answer(image, forever(), V1_23))) == 1


@pytest.mark.parametrize(
    ("version", "date"), [("1.23", NEVER), ("1.41", NEVER), ("1.42", 0), ("1.51", 0)]
)
@pytest.mark.parametrize("created", [None, "yesterday"])
def test_a_step_without_a_date_gets_the_zero_date(
    make_image: MakeImage, version: str, date: int, created: str | None
) -> None:
    image = make_image(1, config=config([{"created": created}]), layers=LAYERS)
    [step] = shown(image, at=rules.at(ApiVersion(version)))
    assert step["Created"] == date


@pytest.mark.parametrize("steps", [None, [], "text", [1]])
def test_an_image_without_a_history_has_no_steps(make_image: MakeImage, steps: Any) -> None:
    assert shown(make_image(1, config=config(steps), layers=LAYERS)) == []


@pytest.mark.parametrize("layers", [None, LAYERS[:1]])
def test_a_history_with_more_layers_than_the_image_is_refused(
    make_image: MakeImage, layers: Any
) -> None:
    image = make_image(1, config=config(STEPS), layers=layers)
    with pytest.raises(InconsistentImageError, match="too many non-empty layers"):
        shown(image)


def test_an_image_from_a_listing_has_one_step(make_image: MakeImage) -> None:
    image = make_image(1, tags=["a:1"], virtual_size=7)
    [step] = shown(image)
    assert (step["Id"], step["Tags"], step["Size"]) == (image.id, ["a:1"], 7)
    assert step["Comment"] == "known from a listing, which has no history"
