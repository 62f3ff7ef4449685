"""The suite signs its requests: a TLS server that verifies signatures conforms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .support import reference_server
from .support.tls import make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MUSTER = str(Path(sys.executable).with_name("muster"))
REPORTS = ("json", "html", "junit", "markdown", "sarif")
SECONDS = 300


@dataclass(frozen=True)
class Service:
    """A server that verifies signatures, its certificate and a key; `log` has its output."""

    address: str
    certificate: Path
    keys: dict[str, str]
    log: Path


@pytest.fixture(scope="module")
def service(openssl: str, new_folder: Callable[[], Path]) -> Iterator[Service]:
    folder = new_folder()
    certificate = make_certificate(openssl, folder)
    credentials = folder / "credentials.json"
    keys = reference_server.new_key(credentials, "default")
    options = (
        *("--tls-cert", certificate, "--tls-key", certificate.with_name("key.pem")),
        *("--credentials", credentials),
    )
    sample = json.loads(files("musterd").joinpath("sample.json").read_bytes())
    with reference_server.serving(sample, folder, *options) as address:
        yield Service(address, certificate, keys, folder / "log")


def check(service: Service, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [MUSTER, "check", service.address, "--tls-ca", str(service.certificate)]
    return subprocess.run(
        [*command, "--max-examples", "20", *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, **environment},
    )


def credentials(service: Service, folder: Path, **other: str) -> str:
    """Write a credentials file as Hyper's client does."""
    access, secret = service.keys["HYPER_ACCESS"], service.keys["HYPER_SECRET"]
    entry = {"accesskey": access, "secretkey": secret, **other}
    file = folder / "config.json"
    file.write_text(json.dumps({"clouds": {service.address: entry}}))
    return str(file)


def test_a_server_that_verifies_signatures_conforms(service: Service, tmp_path: Path) -> None:
    keys, record = credentials(service, tmp_path), tmp_path / "run.json"
    options = ("--hyper-credentials", keys, "--api-version", "1.23", "--json", str(record))
    done = check(service, *options, "--plant")

    assert done.returncode == 0, done.stdout + done.stderr
    run = json.loads(record.read_text())
    verdicts = {each["requirement"]: each["verdict"] for each in run["results"]}
    access = {name: verdict for name, verdict in verdicts.items() if name.startswith("ACCESS-")}
    assert set(access.values()) == {"pass"}
    assert len(access) == 10
    assert run["summary"]["fail"] == 0


def test_no_output_contains_a_secret(service: Service, tmp_path: Path) -> None:
    reports = [part for name in REPORTS for part in (f"--{name}", str(tmp_path / f"run.{name}"))]
    done = check(service, *reports, **service.keys)

    assert done.returncode == 0, done.stdout + done.stderr
    written = [done.stdout, done.stderr, service.log.read_text()]
    written += [(tmp_path / f"run.{name}").read_text() for name in REPORTS]
    assert len(written) == 8
    assert [text for text in written if service.keys["HYPER_SECRET"] in text] == []
    assert [text for text in written if "Signature=" in text] == []


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"secretkey": "wrong-secret-of-this-test"}, "the signature is wrong"),
        ({"accesskey": "AKNOBODY"}, "the access key AKNOBODY is not known"),
        ({"region": "nowhere-1"}, "the request is signed for the region 'nowhere-1'"),
    ],
)
def test_wrong_credentials_are_not_blamed_on_the_server(
    service: Service, tmp_path: Path, other: dict[str, str], told: str
) -> None:
    done = check(service, "--hyper-credentials", credentials(service, tmp_path, **other))

    assert done.returncode == 3
    assert "does not let muster in" in done.stderr
    assert told in done.stderr
    assert "wrong-secret-of-this-test" not in done.stdout + done.stderr
