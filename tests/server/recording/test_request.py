from musterd.recording.request import RecordedRequest, shown_headers


def test_a_record_shows_the_request() -> None:
    request = RecordedRequest("GET", "/v1.43/images/json?all=1", {"host": "x"}, status=200)
    assert (request.path, request.api_version) == ("/images/json", "1.43")
    assert request.query == {"all": ["1"]}
    assert request.problems == ()
    assert str(request) == "GET /v1.43/images/json?all=1: 200"


def test_a_record_shows_the_problems() -> None:
    request = RecordedRequest("GET", "/nosuch")
    assert str(request) == (
        "GET /nosuch: no answer\n"
        "  the header Host is missing, which HTTP/1.1 demands\n"
        "  GET /nosuch is not an operation of v1.56"
    )
    malformed = RecordedRequest("", "", status=400)
    assert str(malformed) == ("(malformed request): 400\n  it is not a valid HTTP request")


def test_headers_are_joined_and_secrets_hidden() -> None:
    assert shown_headers(
        [
            (b"accept", b"a"),
            (b"authorization", b"secret"),
            (b"accept", b"b"),
            (b"x-registry-auth", b"secret"),
        ]
    ) == {"accept": "a, b", "authorization": "(hidden)", "x-registry-auth": "(hidden)"}
