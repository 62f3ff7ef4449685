"""The Docker CLI, pointed at a server."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .programs import Program

NEGOTIATED = None


@dataclass(frozen=True)
class DockerCli:
    program: Program
    settings: Path

    def run(
        self, host: str, *arguments: str, api_version: str | None = NEGOTIATED
    ) -> subprocess.CompletedProcess[str]:
        """Run a command with none of this machine's Docker settings."""
        env = {name: text for name, text in os.environ.items() if not name.startswith("DOCKER_")}
        env["DOCKER_CONFIG"] = str(self.settings)
        if api_version:
            env["DOCKER_API_VERSION"] = api_version
        return subprocess.run(
            [self.program.path, "--host", host, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=env,
        )

    def lines(self, host: str, *arguments: str, api_version: str | None = NEGOTIATED) -> list[str]:
        """Return what a command prints; it must succeed and print nothing on stderr."""
        done = self.run(host, *arguments, api_version=api_version)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout.splitlines()
