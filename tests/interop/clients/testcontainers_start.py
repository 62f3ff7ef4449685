"""What testcontainers does at its start, step by step: prints name and message of each, as JSON."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
from testcontainers.core.auth import DockerAuthInfo
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.image import DockerImage
from testcontainers.core.network import Network

PRESENT, ABSENT = "alpine:3.10", "hello-world:latest"
# The reaper is a container, which would be created first.
testcontainers_config.ryuk_disabled = True


def expect(*, holds: bool) -> None:
    if not holds:
        raise AssertionError("not as expected")


def find_host() -> None:
    expect(holds=bool(DockerClient().host()))


def find_network_of_this_container() -> None:
    DockerClient().find_host_network()


def look_for_containers() -> None:
    expect(holds=DockerClient().client.api.containers(all=True, filters={"id": "0" * 64}) == [])


def find_image() -> None:
    image = DockerClient().client.images.get(PRESENT)
    expect(holds=PRESENT in image.tags)


def miss_image() -> None:
    try:
        DockerClient().client.images.get("nosuch:1")
    except docker.errors.ImageNotFound:
        return
    raise AssertionError("there is an image nosuch:1")


def list_images() -> None:
    names = [name for image in DockerClient().client.images.list() for name in image.tags]
    expect(holds=PRESENT in names)


def pull_image() -> None:
    client = DockerClient().client
    client.images.pull(ABSENT)
    expect(holds=ABSENT in client.images.get(ABSENT).tags)


def log_in() -> None:
    DockerClient().login(DockerAuthInfo("127.0.0.1:5000", "user", "secret"))


def create_network() -> None:
    Network().create()


def build_image() -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
        DockerImage(folder).build()


def start_container() -> None:
    DockerContainer(PRESENT).start()


STEPS: Mapping[str, Callable[[], None]] = {
    "ask `/version`": lambda: expect(holds="ApiVersion" in DockerClient().client.version()),
    "ask `/info`": lambda: expect(holds="Images" in DockerClient().client.info()),
    "ping": lambda: expect(holds=DockerClient().client.ping()),
    "find the host": find_host,
    "find an image (`images.get`)": find_image,
    "miss an image": miss_image,
    "list images": list_images,
    "look for a container": look_for_containers,
    "pull an image (`images.pull`)": pull_image,
    "log in to a registry (`DockerClient.login`)": log_in,
    "find the network of this container": find_network_of_this_container,
    "create a network (`Network.create`)": create_network,
    "build an image (`DockerImage.build`)": build_image,
    "start a container (`DockerContainer.start`)": start_container,
}


def failure(step: Callable[[], None]) -> Any:
    """Return the message of the error that a step fails with; None if it succeeds."""
    try:
        step()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the result
        return f"{type(error).__name__}: {error}"
    return None


json.dump({name: failure(step) for name, step in STEPS.items()}, sys.stdout)
