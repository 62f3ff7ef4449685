"""The lines are those of Docker."""

from musterd.images import reference
from musterd.registry import progress

DIGEST = f"sha256:6dca6074bf6e{'0' * 52}"


def test_a_layer_has_its_first_twelve_digits() -> None:
    assert progress.layer("Pull complete", DIGEST) == {
        "status": "Pull complete",
        "progressDetail": {},
        "id": "6dca6074bf6e",
    }


def test_a_transfer_shows_how_far_it_is() -> None:
    whole = progress.transfer("Downloading", DIGEST, 101, 101)
    assert whole["progress"] == f"[{'=' * 50}>]     101B/101B"
    assert whole["progressDetail"] == {"current": 101, "total": 101}
    half = progress.transfer("Downloading", DIGEST, 1500, 3000)
    assert half["progress"] == f"[{'=' * 25}>{' ' * 25}]    1.5kB/3kB"
    assert progress.transfer("Downloading", DIGEST, 0, 0)["progress"].endswith("0B/0B")


def test_a_pull_begins_with_the_repository() -> None:
    def line(text: str) -> object:
        return progress.pulling(reference.parse(text))

    assert line("127.0.0.1:5000/t/one:1") == {"status": "Pulling from t/one", "id": "1"}
    assert line("busybox:1") == {"status": "Pulling from library/busybox", "id": "1"}
    assert line(f"t/one@{DIGEST}") == {"status": "Pulling from t/one", "id": f"t/one@{DIGEST}"}


def test_a_pull_ends_with_what_changed() -> None:
    name = reference.parse("a:1")
    new = {"status": "Status: Downloaded newer image for a:1"}
    assert progress.ended(name, is_new=True) == new
    assert progress.ended(name, is_new=False) == {"status": "Status: Image is up to date for a:1"}


def test_an_error_is_there_twice() -> None:
    assert progress.error("no") == {"errorDetail": {"message": "no"}, "error": "no"}
