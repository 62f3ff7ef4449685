"""Musterd and a real daemon, asked the same."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .docker_cli import DockerCli


class Both:
    """The two servers, without images at first.

    Attributes:
        hosts: Their addresses, that of musterd first.
        began: When they had no images, in seconds since 1970.
    """

    def __init__(self, cli: DockerCli, musterd: str, daemon: str) -> None:
        """Delete all images of both."""
        self._cli = cli
        self.hosts = (musterd, daemon)
        self.print("image", "prune", "--all", "--force")
        self.began = f"{time.time():.9f}"

    def print(self, *command: str) -> list[list[str]]:
        """Return what the Docker CLI prints about each."""
        return [self._cli.lines(host, *command) for host in self.hosts]

    def agree(self, *command: str) -> list[str]:
        """Return what it prints about both, which must be the same."""
        found, expected = self.print(*command)
        assert found == expected
        return found

    def fail(self, *command: str) -> str:
        """Run a command that must fail alike at both; return the error that it prints."""
        found, expected = (self._cli.run(host, *command) for host in self.hosts)
        assert (found.returncode, found.stderr) == (expected.returncode, expected.stderr)
        assert found.returncode != 0
        return found.stderr

    def events(self) -> list[list[Any]]:
        """Return the events of each so far, without their times."""
        bounds = ("--since", self.began, "--until", f"{time.time():.9f}")
        told = self.print("events", *bounds, "--format", "{{json .}}")
        events = [[json.loads(line) for line in lines] for lines in told]
        for event in (each for some in events for each in some):
            del event["time"], event["timeNano"]
        return events
