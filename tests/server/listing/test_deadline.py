from collections.abc import Callable

import pytest

from musterd.contract.rules import V1_42
from musterd.errors import UnavailableError
from musterd.images.image import Image
from musterd.listing import filters, render
from musterd.listing.deadline import UNLIMITED, Deadline
from musterd.listing.query import ListQuery
from musterd.listing.source import Images

MakeImage = Callable[..., Image]


class Clock:
    """Advances by a second at each reading."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def test_a_deadline_expires_after_its_duration() -> None:
    deadline = Deadline(2, Clock())
    deadline.check()
    deadline.check()
    with pytest.raises(UnavailableError, match=r"^the listing takes more than 2 seconds; ask"):
        deadline.check()
    deadline.restart()
    deadline.check()


def test_a_cancelled_deadline_has_expired() -> None:
    deadline = Deadline(60)
    deadline.cancel()
    deadline.restart()
    with pytest.raises(UnavailableError, match=r"^the client has left$"):
        deadline.check()


def test_a_loop_runs_until_the_deadline() -> None:
    assert list(UNLIMITED.over(range(1000))) == list(range(1000))
    assert list(Deadline(3, Clock()).over([1])) == [1]
    seen: list[int] = []
    with pytest.raises(UnavailableError):
        seen.extend(Deadline(3, Clock()).over(range(10_000)))
    assert len(seen) < 1000


@pytest.mark.parametrize(
    "query",
    [
        ListQuery(),
        ListQuery(shared_size=True),
        ListQuery(filters=filters.parse('{"reference":["*"]}', "", V1_42, 0)),
        ListQuery(filters=filters.parse('{"before":["a:1"]}', "", V1_42, 0)),
        ListQuery(filters=filters.parse('{"since":["a:1"]}', "", V1_42, 0)),
        ListQuery(filters=filters.parse('{"label":["a"]}', "", V1_42, 0)),
    ],
)
def test_every_listing_obeys_its_deadline(make_image: MakeImage, query: ListQuery) -> None:
    tags = {0: ["a:1"]}
    images = [make_image(n, tags=tags.get(n, ()), labels={"a": ""}) for n in range(200)]
    steps = 0
    while True:
        deadline = Deadline(steps, Clock())
        try:
            body = b"".join(render.pieces(Images(images), query, V1_42, None, deadline))
        except UnavailableError:
            steps += 1
        else:
            break
    assert body == b"".join(render.pieces(Images(images), query, V1_42))
    assert steps > 3
