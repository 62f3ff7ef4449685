from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from muster.errors import UsageError
from muster.transport.hyper_credentials import from_environment, from_file
from muster.transport.signing import Credentials
from muster.transport.target import Target, parse_target

TARGET = Target("https", "127.0.0.1", 2376)
SECRET = "SKsecretOfThisTest"
ENTRY = {"accesskey": "AK", "secretkey": SECRET, "region": "eu-central-1"}
KEYS = Credentials("AK", SECRET, "eu-central-1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def write(file: Path, content: Any) -> Path:
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_single_entry_applies_to_any_server(file: Path) -> None:
    assert from_file(write(file, ENTRY), TARGET) == KEYS
    without = {name: ENTRY[name] for name in ("accesskey", "secretkey")}
    assert from_file(write(file, without), TARGET).region == "us-west-1"


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("tcp://127.0.0.1:2376", "https://127.0.0.1:2376"),
        ("tcp://us-west-1.hyper.sh:443", "https://us-west-1.hyper.sh/v1.23"),
        ("tcp://h:1/base/", "http://h:1/base/v1.23"),
        ("unix:///run/hyper.sock", "unix:///run/hyper.sock"),
        ("tcp://[::1]:80", "http://[::1]"),
    ],
)
def test_hypers_own_file_has_keys_for_each_address(file: Path, address: str, target: str) -> None:
    other = {"accesskey": "AKOTHER", "secretkey": "x"}
    clouds = {"tcp://elsewhere:443": other, address: ENTRY}
    content = {"auths": {}, "clouds": clouds}
    assert from_file(write(file, content), parse_target(target)) == KEYS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "has no keys: write {"),
        ({"clouds": []}, "has no keys: write {"),
        ({"clouds": {}}, "has no keys for https://127.0.0.1:2376, but for: none"),
        ({"clouds": {"tcp://h:1": ENTRY}}, "but for: tcp://h:1"),
        ({"clouds": {"tcp://127.0.0.1:2376": SECRET}}, "has no keys for"),
        ({"accesskey": "AK"}, "has no accesskey or secretkey: write {"),
        ({**ENTRY, "secretkey": 1}, "has no accesskey or secretkey: write {"),
        ({**ENTRY, "region": [SECRET]}, "has no accesskey or secretkey: write {"),
    ],
)
def test_a_file_without_credentials_is_refused(file: Path, content: Any, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        from_file(write(file, content), TARGET)
    assert str(refused.value).startswith(f"--hyper-credentials {file} ")
    assert told in str(refused.value)
    assert SECRET not in str(refused.value)


def test_an_unreadable_credentials_file_is_refused(file: Path) -> None:
    with pytest.raises(UsageError, match=r"config\.json: No such file or directory"):
        from_file(file, TARGET)
    file.write_bytes(b"\xff{")
    with pytest.raises(UsageError, match=r"config\.json is not JSON: write \{"):
        from_file(file, TARGET)


def test_credentials_are_read_from_the_environment_as_by_hyper() -> None:
    environment = {"HYPER_ACCESS": "AK", "HYPER_SECRET": SECRET}
    assert from_environment(environment) == Credentials("AK", SECRET, "us-west-1")
    named = {**environment, "HYPER_DEFAULT_REGION": "eu-central-1"}
    assert from_environment(named) == KEYS
    address = {**environment, "HYPER_DEFAULT_REGION": "tcp://127.0.0.1:2376"}
    assert from_environment(address) == Credentials("AK", SECRET, "us-west-1")
    assert from_environment({"HYPER_ACCESS": "", "HYPER_DEFAULT_REGION": "x"}) is None


@pytest.mark.parametrize("name", ["HYPER_ACCESS", "HYPER_SECRET"])
def test_half_a_pair_of_credentials_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="HYPER_ACCESS and HYPER_SECRET are a pair"):
        from_environment({name: SECRET})
