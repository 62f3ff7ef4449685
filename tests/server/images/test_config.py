import json

import pytest

from musterd.images import config


def test_members_have_their_values() -> None:
    raw = b'{"os":"linux","config":{"Env":["A=b"],"Labels":null},"history":[{}]}'
    assert config.members(raw) == {
        "os": "linux",
        "config": {"Env": ["A=b"], "Labels": None},
        "history": [{}],
    }


@pytest.mark.parametrize("value", ["1e999", "[-1e999]", '{"x":{"y":1e400}}'])
def test_a_member_that_cannot_be_represented_is_left_out(value: str) -> None:
    raw = f'{{"os":"linux","x":{value},"architecture":"arm64"}}'
    assert config.members(raw.encode()) == {"os": "linux", "architecture": "arm64"}


def test_a_malformed_config_has_no_layers() -> None:
    digest = f"sha256:{'a' * 64}"
    assert config.diff_ids(json.dumps({"rootfs": {"diff_ids": [digest]}}).encode()) == [digest]
    for raw in (b"{}", b"", b"\xff", b'{"rootfs": 1}', b"[" * 100_000):
        assert config.diff_ids(raw) == []
