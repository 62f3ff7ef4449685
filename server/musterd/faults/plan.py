"""Faults, and which requests get them."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from musterd.errors import FaultError

_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?P<unit>ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_STATUSES = range(200, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault, and the requests it applies to.

    A `delay` comes first; then one of `hang`, `reset` and `status`, or the normal response, of
    which `cut_after` may drop the end.

    Attributes:
        status: The status of the response instead of the normal one; None for the normal response.
        message: The error message in that response.
        headers: Additional headers of that response: ``{"Retry-After": "1"}``.
        delay: Seconds to wait first.
        cut_after: Bytes of the body after which the connection is closed; None to send all.
        hang: Whether the request is never answered.
        reset: Whether the connection is reset.
        method: The method of the requests; None for any.
        path: A pattern for the path without API version, such as ``/images/*``; None for any.
        times: The number of requests that get the fault; None for all.
        every: Which of the matching requests get it: 5 means the fifth, the tenth, and so on.
    """

    status: int | None = None
    message: str = "injected fault"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut_after: int | None = None
    hang: bool = False
    reset: bool = False
    method: str | None = None
    path: str | None = None
    times: int | None = None
    every: int = 1

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            FaultError: A value is invalid, or several exclude each other.
        """
        if self.status is not None and self.status not in _STATUSES:
            raise FaultError(f"{self.status} is not a response status; write 500, for example")
        if self.cut_after is not None and self.cut_after < 0:
            raise FaultError(f"cut_after={self.cut_after} is negative")
        if (self.times is not None and self.times < 1) or self.every < 1:
            raise FaultError("times and every must be 1 or more")
        if self.delay < 0:
            raise FaultError(f"delay={self.delay} is negative")
        if sum((self.status is not None, self.hang, self.reset)) > 1:
            raise FaultError("status, hang and reset exclude each other")
        if self.cut_after is not None and (self.hang or self.reset):
            raise FaultError("cut_after needs a response, so neither hang nor reset")
        if (
            self.status is None
            and self.cut_after is None
            and not (self.delay or self.hang or self.reset)
        ):
            raise FaultError("name a fault: status, delay, cut_after, hang or reset")

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the fault is for such requests.

        Args:
            method: The method.
            path: The path without API version.
        """
        return self.method in (None, method) and (self.path is None or fnmatchcase(path, self.path))


def seconds(given: float | str) -> float:
    """Convert a duration such as ``300ms``, ``1.5s`` or ``2m`` to seconds; a number is seconds.

    Raises:
        FaultError: It is not a duration.
    """
    if isinstance(given, int | float):
        return float(given)
    found = _DURATION.fullmatch(given)
    if found is None:
        raise FaultError(f"{given!r} is not a duration; write 300ms, 1.5s, or a number of seconds")
    return float(found["number"]) * _SECONDS[found["unit"]]


def fault(
    *,
    status: int | None = None,
    message: str | None = None,
    headers: Mapping[str, str] | None = None,
    delay: float | str = 0.0,
    cut_after: int | None = None,
    hang: bool = False,
    reset: bool = False,
    method: str | None = None,
    path: str | None = None,
    times: int | None = None,
    every: int = 1,
) -> Fault:
    """Return a fault from values as people write them; see `Fault`.

    Raises:
        FaultError: A value is invalid, or several exclude each other.
    """
    return Fault(
        status=status,
        message=f"injected fault: {status}" if message is None else message,
        headers=dict(headers or {}),
        delay=seconds(delay),
        cut_after=cut_after,
        hang=hang,
        reset=reset,
        method=method,
        path=path,
        times=times,
        every=every,
    )


class FaultPlan:
    """The faults of a server; any thread may change them.

    Of several faults for a request, the latest counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Counted] = []

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._faults.insert(0, _Counted(fault))

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request, and count it; None if there is none.

        Args:
            method: The method.
            path: The path without API version.
        """
        with self._lock:
            return next((each.fault for each in self._faults if each.applies(method, path)), None)


@dataclass(slots=True)
class _Counted:
    """A fault, with the numbers of requests that matched it, and that got it."""

    fault: Fault
    matched: int = 0
    given: int = 0

    def applies(self, method: str, path: str) -> bool:
        fault = self.fault
        if self.given == fault.times or not fault.matches(method, path):
            return False
        self.matched += 1
        if self.matched % fault.every:
            return False
        self.given += 1
        return True
