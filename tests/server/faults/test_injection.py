import asyncio
import os
import socket
from dataclasses import dataclass, field
from typing import Any

from musterd.faults.injection import FaultInjection
from musterd.faults.plan import Fault, FaultPlan
from musterd.http.protocol import TRANSPORT

BODY = b"0123456789"


@dataclass
class Transport:
    """A transport that records its calls."""

    sock: socket.socket | None = None
    done: list[str] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)

    def get_extra_info(self, name: str) -> Any:
        assert name == "socket"
        return self.sock

    def is_closing(self) -> bool:
        return bool(self.done)

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        assert self.sock is not None
        linger = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        self.flags.extend(linger)
        self.done.append("abort")


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer in two pieces."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": BODY[:4], "more_body": True})
    await send({"type": "http.response.body", "body": BODY[4:]})


def run(fault: Fault | None, transport: Transport | None = None) -> tuple[list[Any], int]:
    """Send a matching request; return the sent messages and the number of receive calls."""
    plan = FaultPlan()
    if fault is not None:
        plan.add(fault)
    sent: list[Any] = []
    waits = 0

    async def receive() -> Any:
        nonlocal waits
        waits += 1
        return {"type": "http.request" if waits == 1 else "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1.24/images/json",
        "extensions": {TRANSPORT: transport},
    }
    asyncio.run(FaultInjection(app, plan)(scope, receive, send))
    return sent, waits


def body(sent: list[Any]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent)


def test_requests_without_a_fault_reach_the_application() -> None:
    sent, _ = run(None)
    assert (sent[0]["status"], body(sent)) == (200, BODY)
    sent, _ = run(Fault(status=500, path="/_ping"))
    assert (sent[0]["status"], body(sent)) == (200, BODY)


def test_other_scopes_are_passed_on() -> None:
    plan = FaultPlan()
    plan.add(Fault(status=500))
    seen: list[Any] = []

    async def note(scope: Any, *_: Any) -> None:
        seen.append(scope)

    asyncio.run(FaultInjection(note, plan)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]


def test_an_injected_status_has_the_format_of_errors() -> None:
    sent, _ = run(Fault(status=503, message="full", headers={"Retry-After": "1"}))
    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], body(sent)) == (503, b'{"message":"full"}\n')
    assert headers[b"retry-after"] == b"1"
    assert b"api-version" in headers


def test_a_delay_precedes_the_response() -> None:
    sent, _ = run(Fault(delay=0.001))
    assert body(sent) == BODY


def test_a_hanging_request_lasts_until_the_client_disconnects() -> None:
    assert run(Fault(hang=True)) == ([], 2)


def test_a_reset_closes_the_connection_without_lingering() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = Transport(ours)
        assert run(Fault(reset=True), transport) == ([], 2)
        # The descriptor that was used for it is closed, and the connection's own is not.
        assert os.fstat(ours.fileno())
    assert transport.done == ["abort"]
    assert bytes(transport.flags) == b"\x01\0\0\0\0\0\0\0"


def test_a_response_can_be_cut_within_a_chunk() -> None:
    transport = Transport()
    sent, waits = run(Fault(cut_after=6), transport)
    assert (body(sent), sent[-1]["more_body"]) == (BODY[:6], True)
    assert (transport.done, waits) == (["close"], 2)


def test_a_response_is_cut_only_once() -> None:
    transport = Transport()
    sent, _ = run(Fault(cut_after=2), transport)
    assert body(sent) == BODY[:2]
    assert transport.done == ["close"]


def test_a_short_response_is_not_cut() -> None:
    transport = Transport()
    sent, waits = run(Fault(cut_after=10), transport)
    assert body(sent) == BODY
    assert (transport.done, waits) == ([], 0)


def test_an_injected_error_can_be_cut() -> None:
    transport = Transport()
    sent, _ = run(Fault(status=500, cut_after=0), transport)
    assert (sent[0]["status"], body(sent), transport.done) == (500, b"", ["close"])
