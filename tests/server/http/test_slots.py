import pytest

from musterd.http.limits import ConnectionLimits
from musterd.http.slots import ConnectionSlots


def test_the_limit_sets_the_number_of_slots() -> None:
    slots = ConnectionSlots(ConnectionLimits(connections=3, per_address=3))
    assert [slots.take(client) for client in "abcd"] == [True, True, True, False]
    slots.give_back("b")
    assert slots.take("d")
    assert not slots.take("e")


def test_one_client_gets_at_most_its_share() -> None:
    slots = ConnectionSlots(ConnectionLimits(connections=6))
    assert [slots.take("a") for _ in range(4)] == [True, True, True, False]
    assert slots.take("b")
    slots.give_back("a")
    assert slots.take("a")
    assert not slots.take("a")


def test_disconnected_clients_are_forgotten() -> None:
    slots = ConnectionSlots(ConnectionLimits())
    for number in range(1000):
        slots.take(str(number))
        slots.give_back(str(number))
    assert len(slots._by_client) == 0  # noqa: SLF001


@pytest.mark.parametrize(
    ("connections", "per_address", "expected"),
    [(512, None, 256), (1, None, 1), (10, 10, 10), (10, 2, 2)],
)
def test_the_default_share_is_half(
    connections: int, per_address: int | None, expected: int
) -> None:
    limits = ConnectionLimits(connections=connections, per_address=per_address)
    assert limits.connections_per_address == expected
