"""Imitations answer drawn requests as the real engines do, but for documented reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from . import fidelity as page
from .conftest import required_engine
from .support import fidelity
from .support.fidelity import PAIRS, Answer, essence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Answers:
    """Answers every request with a listing of one image."""

    def __init__(self, **changed: object) -> None:
        image = {"Id": "sha256:1", "RepoTags": ["a:1", "b:1"], "Created": 5, "Size": 1}
        self.body = json.dumps([image | {"Labels": None} | changed]).encode()

    def ask(self, _target: str) -> Answer:
        return Answer(200, "application/json", self.body)


@pytest.mark.daemon
@pytest.mark.slow
@pytest.mark.parametrize("name", PAIRS)
def test_an_imitation_answers_as_the_engine_does_and_as_the_page_says(
    name: str, new_folder: Callable[[], Path]
) -> None:
    engine = required_engine(PAIRS[name])
    found = page.compared(name, engine, new_folder())

    assert found.different == ()
    said = json.loads(page.DATA.read_text())[name]
    made = json.loads(json.dumps(page.recorded(name, engine, found)))
    assert said == made, "run `make fidelity`"


@pytest.mark.parametrize("name", PAIRS)
def test_every_engine_is_asked_at_each_of_its_versions(name: str) -> None:
    samples = fidelity.samples_of(Answers())  # type: ignore[arg-type]
    targets = [target for target, _ in fidelity.requests(name, samples, 200)]
    engine = fidelity.engines.find(name)
    versions = {target.split("/")[1] for target in targets}

    assert len(targets) == 200
    assert {f"v{engine.oldest}", f"v{engine.newest}"} <= versions
    assert targets == [target for target, _ in fidelity.requests(name, samples, 200)]


def test_an_unexplained_difference_is_reported() -> None:
    def found(name: str, **changed: object) -> tuple[int, int, int]:
        made = fidelity.compare(name, Answers(), Answers(**changed), 9)  # type: ignore[arg-type]
        return made.same, made.documented, len(made.different)

    assert found("podman-5.8") == found("docker-28") == (9, 0, 0)
    assert found("podman-5.8", Size=2, RepoTags=["b:1", "a:1"]) == (0, 9, 0)
    assert found("docker-28", Size=2) == (0, 0, 9)
    assert found("podman-5.8", Created=6) == (0, 0, 9)
    assert found("podman-5.8", Labels={}) == (0, 0, 9)


def test_errors_of_podman_are_compared_but_for_their_words() -> None:
    samples = fidelity.samples_of(Answers())  # type: ignore[arg-type]
    query = next(fidelity.requests("podman-5.8", samples, 1))[1]

    def error(status: int, text: str) -> Answer:
        return Answer(status, "application/json", json.dumps({"message": text}).encode())

    ours, theirs = error(500, "no"), error(500, "not so")
    assert essence("podman-5.8", ours, query) == essence("podman-5.8", theirs, query)
    assert essence("docker-28", ours, query) != essence("docker-28", theirs, query)
    assert essence("podman-5.8", error(400, "no"), query) != essence("podman-5.8", ours, query)
