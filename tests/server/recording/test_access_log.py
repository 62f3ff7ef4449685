import io
import json

from musterd.recording.access_log import AccessLog, json_line, text_line
from musterd.recording.request import RecordedRequest

REQUEST = RecordedRequest(
    "GET",
    "/v1.43/images/json?al=1",
    {"host": "x", "user-agent": 'me\x1b[31m\n"', "accept": "*/*"},
    status=200,
    duration=0.00123,
)
PROBLEM = "unknown parameter 'al'; image_list of v1.43 has: all, digests, filters, shared-size"


def test_a_text_line_is_complete_without_control_characters() -> None:
    assert text_line(REQUEST) == (
        f'GET /v1.43/images/json?al=1 200 1.2ms "me\\x1b[31m\\n""; {PROBLEM}'
    )
    assert text_line(RecordedRequest("", "", status=400)) == (
        '- - 400 0.0ms "-"; it is not a valid HTTP request'
    )
    assert text_line(RecordedRequest("GET", "/_ping", {"host": "x"})) == 'GET /_ping - 0.0ms "-"'


def test_a_json_line_has_the_same_content() -> None:
    line = json_line(REQUEST)
    assert "\n" not in line
    assert json.loads(line) == {
        "method": "GET",
        "target": "/v1.43/images/json?al=1",
        "version": "1.43",
        "http": "1.1",
        "headers": {"host": "x", "user-agent": 'me\x1b[31m\n"'},
        "status": 200,
        "milliseconds": 1.2,
        "problems": [PROBLEM],
    }


def test_the_log_has_a_line_for_each_request() -> None:
    for form, line in (("text", text_line(REQUEST)), ("json", json_line(REQUEST))):
        stream = io.StringIO()
        log = AccessLog(stream, form)  # type: ignore[arg-type]
        log.write(REQUEST)
        log.write(REQUEST)
        assert stream.getvalue() == f"{line}\n{line}\n"


def test_an_unwritable_log_does_not_fail_requests() -> None:
    stream = io.StringIO()
    stream.close()
    AccessLog(stream, "text").write(REQUEST)
