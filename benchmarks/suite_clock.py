"""One run of `muster check` that says where its processor time went, as JSON.

Usage: python -m benchmarks.suite_clock TARGET [OPTIONS of muster check]
"""

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Spent:
    """Where the time of a run went, in seconds; `checking` is what the run says it took."""

    requests: int
    checking: float
    start: float
    suite: float
    schemathesis: float


class Clock:
    """Adds up the processor time of functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap *function*, so that its time counts."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            begun = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - begun

        return wrapped


def check(target: str, *options: str) -> Spent:
    """Run `muster check` in this process, which must be new."""
    # Import here, so that its time is counted.
    from muster.cli import main  # noqa: PLC0415
    from muster.fuzzing import schema_fuzz  # noqa: PLC0415
    from muster.runner.liveness import Watch  # noqa: PLC0415

    start = time.process_time()
    fuzzing, sending = Clock(), Clock()
    schema_fuzz.fuzz = fuzzing.timed(schema_fuzz.fuzz)
    Watch.send_hostile = sending.timed(Watch.send_hostile)  # type: ignore[method-assign]
    written, told = io.StringIO(), io.StringIO()
    sys.argv = ["muster", "check", target, "--json", "-", *options]
    with (
        contextlib.redirect_stdout(written),
        contextlib.redirect_stderr(told),
        contextlib.suppress(SystemExit),
    ):
        main.main()
    if not written.getvalue():
        sys.exit(told.getvalue())
    record = json.loads(written.getvalue())
    schemathesis = fuzzing.seconds - sending.seconds
    return Spent(
        record["requests"],
        record["seconds"],
        start,
        time.process_time() - start - schemathesis,
        schemathesis,
    )


if __name__ == "__main__":
    json.dump(asdict(check(*sys.argv[1:])), sys.stdout)
