"""The operations on images other than listing, over HTTP."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.server.support.archives import LAYER, digest, pack, saved

Ask = Callable[..., Any]
CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest(LAYER)]},
        "history": [{"created_by": "ADD", "created": "2016-01-01T00:00:00Z"}],
    }
)


@pytest.fixture
def ask(ask_shared: Ask) -> Ask:
    return ask_shared


class TestHistory:
    @pytest.fixture(autouse=True)
    def image(self, ask: Ask) -> None:
        assert ask("/images/load", "POST", body=[pack(saved(CONFIG))]).status == 200

    @pytest.mark.parametrize("version", ["1.23", "1.41", "1.56"])
    def test_the_history_comes_from_the_archive(self, ask: Ask, version: str) -> None:
        answer = ask(f"/v{version}/images/a:1/history")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        [step] = answer.json
        assert step["Id"] == digest(CONFIG.encode())
        assert (step["CreatedBy"], step["Size"], step["Tags"]) == ("ADD", 8, ["a:1"])
        assert step["Created"] == 1451606400

    def test_earlier_steps_have_the_ids_of_parent_images(self, ask: Ask) -> None:
        steps = [{"created_by": "ADD"}, {"created_by": "ENV", "empty_layer": True}]
        two = json.dumps({**json.loads(CONFIG), "history": steps})
        parent = digest(CONFIG.encode())
        manifest: dict[str, Any] = {"RepoTags": ["b:1"], "Parent": parent}
        more = [("p.json", CONFIG.encode())]
        members = dict(saved(two, more=more, **manifest))
        entries = members["manifest.json"].decode()[1:-1]
        base = '{"Config":"p.json","RepoTags":["a:1"],"Layers":["l/layer.tar"]}'
        members["manifest.json"] = f"[{base},{entries}]".encode()
        assert ask("/images/load", "POST", body=[pack(members.items())]).status == 200
        ids = [step["Id"] for step in ask("/images/b:1/history").json]
        assert ids == [digest(two.encode()), parent]

    def test_an_unknown_image_is_not_found(self, ask: Ask) -> None:
        answer = ask("/v1.41/images/nope/history")
        assert (answer.status, answer.json) == (404, {"message": "No such image: nope:latest"})

    def test_only_the_requested_platform_is_found(self, ask: Ask) -> None:
        def history(processor: str) -> int:
            platform = quote(f'{{"os":"linux","architecture":"{processor}"}}')
            status: int = ask(f"/images/a:1/history?platform={platform}").status
            return status

        assert history("amd64") == 200
        assert history("s390x") == 404
        assert ask("/images/a:1/history?platform=x").status == 400


class TestContainers:
    @pytest.mark.parametrize(
        "query", ["", "?all=1&size=1&limit=-1", '?filters={"status":["running"],"label":[]}']
    )
    @pytest.mark.parametrize("version", ["1.23", "1.24", "1.56"])
    def test_the_list_is_empty(self, ask: Ask, version: str, query: str) -> None:
        answer = ask(f"/v{version}/containers/json{query}")
        assert (answer.status, answer.body) == (200, b"[]\n")

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ('filters={"muster":["x"]}', "invalid filter 'muster'"),
            ("filters=x", "invalid filter"),
            ("limit=x", 'strconv.Atoi: parsing "x": invalid syntax'),
        ],
    )
    def test_invalid_parameters_are_refused(self, ask: Ask, query: str, message: str) -> None:
        answer = ask(f"/v1.51/containers/json?{query}")
        assert (answer.status, answer.json) == (400, {"message": message})


class TestDiskUsage:
    def test_loaded_images_are_counted(self, ask: Ask) -> None:
        ask("/images/load", "POST", body=[pack(saved(CONFIG))])
        answer = ask("/v1.41/system/df")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json["LayersSize"] == 8
        [image] = answer.json["Images"]
        assert (image["RepoTags"], image["Size"], image["Containers"]) == (["a:1"], 8, 0)

    def test_only_requested_types_are_reported(self, ask: Ask) -> None:
        answer = ask("/v1.42/system/df?type=volume&type=container")
        assert (answer.json["Images"], answer.json["Volumes"]) == (None, [])
        assert list(ask("/v1.52/system/df?type=image&verbose=0").json) == ["ImageUsage"]
        assert ask("/v1.42/system/df?type=foo").status == 400
