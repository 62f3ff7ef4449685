"""The requirements of a signature besides authenticity."""

from dataclasses import dataclass

# The default region of the original clients.
DEFAULT_REGION = "us-west-1"
# Seconds by which a request's time may differ from the server's clock, either way.
DEFAULT_WINDOW = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """The region and the time that a signature must have.

    Attributes:
        region: The region in the credential scope.
        window: Seconds by which X-Hyper-Date may differ from the server's clock, either way.
        longest_request: The longest time, in seconds, from the first byte of a request to the last
            of its response, and so from checking its time to recording its signature.
    """

    region: str = DEFAULT_REGION
    window: int = DEFAULT_WINDOW
    longest_request: int = 15 * 60
