"""The commands that engines are started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.engines import docker, podman
from tools.engines.names import Store, find
from tools.engines.root import inside


def test_a_program_gets_its_own_mounts_and_environment() -> None:
    command = inside(Path("/root-of-it"), Path("/own"), ["podman", "info"], {"A": "b"})

    assert command[:4] == ["unshare", "--mount", "env", "--ignore-environment"]
    assert "A=b" in command
    assert command[-4:] == ["/root-of-it", "/own", "podman", "info"]


def test_the_containerd_store_is_a_feature_of_dockerd() -> None:
    assert docker.settings(Store.CONTAINERD, ["127.0.0.1:5055"]) == {
        "features": {"containerd-snapshotter": True},
        "insecure-registries": ["127.0.0.1:5055"],
    }
    assert docker.settings(Store.GRAPH_DRIVER, [])["features"] == {}


@pytest.mark.parametrize(
    ("store", "driver"), [(Store.GRAPH_DRIVER, "vfs"), (Store.CONTAINERD, "native")]
)
def test_dockerd_listens_on_loopback_and_touches_no_network(store: Store, driver: str) -> None:
    arguments = docker.arguments(store, 2375)

    assert arguments[arguments.index("--storage-driver") + 1] == driver
    assert [each for each in arguments if "://" in each] == [
        "tcp://127.0.0.1:2375",
        "unix:///run/docker.sock",
    ]
    assert {"--bridge=none", "--iptables=false", "--ip-forward=false"} < set(arguments)


@pytest.mark.parametrize(
    ("name", "address"),
    [("podman-3.0", "tcp:127.0.0.1:80"), ("podman-4.3", "tcp://127.0.0.1:80")],
)
def test_the_oldest_podman_needs_an_address_without_slashes(name: str, address: str) -> None:
    assert podman.tcp(find(name), 80) == address


def test_only_the_newest_podman_uses_unified_control_groups() -> None:
    assert podman.environment(find("podman-6.1")) == {"UNIFIED_CGROUP": "1"}
    assert podman.environment(find("podman-5.8")) == {}
