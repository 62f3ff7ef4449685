"""The Hyper service's own clients, unchanged: they sign, over TLS, and `musterd` verifies."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from .support import images, reference_server
from .support.tls import make_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .support.client_programs import ClientProgram

VERSION = "1.23"
OWN, OTHER = "own", "other"
# What HTTP calls `filter` is the name in docker-py, on which hyper-sh stands.
CLIENTS = {"hyper-sh": "name", "hyper-aws4": "filter"}
UNKNOWN = 401

QUESTIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "all": {"all": True},
    "named": {"filters": {"dangling": ["false"]}},
    "label": {"filters": {"label": ["com.example.version"]}},
    "value of a label": {"filters": {"label": ["com.example.version=v1"]}},
    "label beyond ASCII": {"filters": {"label": ["ключ-ünï=значение ★"]}},
    "repository": {"filter": "ubuntu"},
    "tag": {"filter": "localhost:5000/test/busybox:latest"},
    "pattern": {"filter": "ubun*"},
}


@dataclass(frozen=True)
class Service:
    """A server that verifies, another that does not, and keys for the first."""

    signed: str
    plain: str
    #: By account.
    keys: dict[str, dict[str, str]]
    environment: dict[str, str]


@pytest.fixture(scope="module")
def service(openssl: str, new_folder: Callable[[], Path]) -> Iterator[Service]:
    folder = new_folder()
    certificate = make_certificate(openssl, folder)
    file = folder / "credentials.json"
    keys = {account: reference_server.new_key(file, account) for account in (OWN, OTHER)}
    tls = ("--tls-cert", certificate, "--tls-key", certificate.with_name("key.pem"))
    trust = {"REQUESTS_CA_BUNDLE": str(certificate), "NODE_EXTRA_CA_CERTS": str(certificate)}
    with ExitStack() as servers:

        def serve(*options: str | Path, account: str) -> str:
            address = servers.enter_context(
                reference_server.serving(
                    images.seed(), new_folder(), *tls, *options, account=account
                )
            )
            return address.replace("tcp:", "https:")

        yield Service(
            serve("--credentials", file, account=OWN),
            serve("--insecure", account="default"),
            keys,
            trust,
        )


@pytest.fixture(params=CLIENTS)
def ask(
    request: pytest.FixtureRequest,
    client_program: Callable[[str], ClientProgram],
    service: Service,
) -> Callable[..., Any]:
    program, name = client_program(request.param), CLIENTS[request.param]

    def ask_all(url: str, key: dict[str, str]) -> dict[str, Any]:
        questions = [
            {name if each == "filter" else each: value for each, value in question.items()}
            for question in QUESTIONS.values()
        ]
        answers = program.ask(url, VERSION, questions, env={**service.environment, **key})
        return dict(zip(QUESTIONS, answers, strict=True))

    return ask_all


def test_hyper_clients_list_the_images_of_their_account(
    ask: Callable[..., Any], service: Service
) -> None:
    answers = ask(service.signed, service.keys[OWN])

    assert len(answers["nothing"]) == len(images.seed())
    assert answers == ask(service.plain, {})


def test_hyper_clients_do_not_see_images_of_another_account(
    ask: Callable[..., Any], service: Service
) -> None:
    answers = ask(service.signed, service.keys[OTHER])

    assert answers == {question: [] for question in QUESTIONS}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"HYPER_SECRET": "guessed"}, "the signature is wrong"),
        ({"HYPER_ACCESS": "AKNOBODY"}, "the access key AKNOBODY is not known here"),
    ],
)
def test_hyper_clients_show_the_reason_for_a_refusal(
    ask: Callable[..., Any], service: Service, change: dict[str, str], said: str
) -> None:
    for answer in ask(service.signed, {**service.keys[OWN], **change}).values():
        assert answer["status"] == UNKNOWN
        assert said in answer["message"]
