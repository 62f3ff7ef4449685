"""Fuzzes musterd for some time, a target after the other in turn.

Usage: python -m tests.fuzz [--seconds N] [--target NAME] [--seed N]

It ends with status 1 at the first input that is not answered as it should be, which is shown as
short as it can be made.
"""

import sys
import time
import warnings
from argparse import ArgumentParser
from itertools import count, cycle

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import Target, targets

# Inputs to a target before it is the next one's turn.
_EXAMPLES = 25


def main() -> int:
    """Fuzz, and say what was found."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--target")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    options = parser.parse_args()
    sys.stdout.write(f"fuzz: --seed {options.seed}\n")
    tried: dict[str, int] = {}
    end = time.monotonic() + options.seconds
    with targets() as found:
        if options.target not in {None, *found}:
            parser.error(f"--target is one of {', '.join(found)}")
        chosen = [options.target] if options.target else list(found)
        for name, number in zip(cycle(chosen), count(options.seed)):
            if time.monotonic() > end:
                break
            fuzz(found[name], _EXAMPLES, number)
            tried[name] = tried.get(name, 0) + _EXAMPLES
    sys.stdout.writelines(f"fuzz: {name}: {times} inputs\n" for name, times in tried.items())
    return 0


def fuzz(target: Target, examples: int, number: int) -> None:
    """Try as many inputs, which hang on a number."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def run(value: object) -> None:
        target(value)

    run()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
