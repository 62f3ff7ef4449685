from musterd.recording.journal import RequestJournal
from musterd.recording.request import RecordedRequest

FIRST, SECOND, THIRD = (RecordedRequest("GET", f"/{number}") for number in range(3))


def test_requests_are_kept_in_order_until_cleared() -> None:
    journal = RequestJournal()
    journal.add(FIRST)
    journal.add(SECOND)
    before = journal.all()
    assert before == (FIRST, SECOND)
    journal.clear()
    assert (journal.all(), before) == ((), (FIRST, SECOND))


def test_only_the_latest_requests_are_kept() -> None:
    journal = RequestJournal(2)
    for request in (FIRST, SECOND, THIRD):
        journal.add(request)
    assert journal.all() == (SECOND, THIRD)
