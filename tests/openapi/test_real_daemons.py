"""What Docker really answered at v1.23 fits the contract."""

import json
from pathlib import Path
from typing import Any

import pytest

RECORDINGS = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "data").glob("docker-*.json"))
]
ANSWERS = [
    pytest.param(
        answer | {"body": [recording["images"][index] for index in answer["images"]]}
        if "images" in answer
        else answer,
        id=f"{recording['server']} {answer['status']} {answer['targets'][0]}"[:120],
    )
    for recording in RECORDINGS
    for answer in recording["answers"]
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_real_answer_fits(answer: dict[str, Any], v1_23: dict[str, Any], errors: Any) -> None:
    place = f"/paths/{answer['path'].replace('/', '~1')}/get/responses"
    responses = v1_23["paths"][answer["path"]]["get"]["responses"]
    status = str(answer["status"])
    status = status if status in responses else f"{status[0]}XX"
    if "$ref" in responses[status]:
        place = responses[status]["$ref"].removeprefix("#")
        content = v1_23["components"]["responses"][place.rpartition("/")[2]]["content"]
    else:
        place = f"{place}/{status}"
        content = responses[status]["content"]
    media_type = answer["type"].partition(";")[0]

    assert media_type in content
    schema = f"{place}/content/{media_type.replace('/', '~1')}/schema"
    assert errors(v1_23, schema, answer["body"]) == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: str(recording["server"]))
def test_the_recordings_hold_the_hard_cases(recording: dict[str, Any]) -> None:
    images = recording["images"]

    assert {200, 400, 404, 500} <= {answer["status"] for answer in recording["answers"]}
    assert {answer["path"] for answer in recording["answers"]} == {
        "/images/json",
        "/_ping",
        "/version",
    }
    assert [] in [answer.get("images") for answer in recording["answers"]]
    assert -62135596800 in [image["Created"] for image in images]
    assert {"RepoTags", "RepoDigests", "Labels"} == {
        name for image in images for name, value in image.items() if value is None
    }
