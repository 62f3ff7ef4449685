"""What a signature must say besides being genuine."""

from dataclasses import dataclass

#: The region that the original clients sign for unless they are configured otherwise.
DEFAULT_REGION = "us-west-1"
#: Seconds that a request's time may differ from the server's, either way.
DEFAULT_WINDOW = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """The region and the time that a signature must be for.

    Attributes:
        region: The region in the credential scope.
        window: Seconds that X-Hyper-Date may differ from the server's clock, either way.
        longest_request: Seconds that pass at most from the first octet of a request to the last of
            its response, and so between looking at its time and remembering it.
    """

    region: str = DEFAULT_REGION
    window: int = DEFAULT_WINDOW
    longest_request: int = 15 * 60
