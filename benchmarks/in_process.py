"""What a server in a test's own process takes, beside bare Starlette in a thread.

Each round runs a new process for either, in turn. The times are the processor's, which other load
on the machine leaves alone; a ratio is the median of each round's ratio.

Usage: python -m benchmarks.in_process [--rounds N]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.questions import LISTING

ROOT = Path(__file__).parents[1]
ROUNDS = 9
STEPS = ("to import it", "to be ready after that", "to the first listing", "to the next listing")
BARE, MUSTERD = "bare Starlette", "musterd.testing.Server"
_BEGIN = """
import json, time
times = [time.process_time()]
"""
_STARTS = {
    BARE: """
import threading, uvicorn
from benchmarks.bare import starlette
times.append(time.process_time())
server = uvicorn.Server(uvicorn.Config(starlette(b"[]"), port=0, log_level="error"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.001)
url = "http://127.0.0.1:%d" % server.servers[0].sockets[0].getsockname()[1]
""",
    MUSTERD: """
from musterd.testing import Server
times.append(time.process_time())
url = Server().start().url
""",
}
_ASK = f"""
times.append(time.process_time())
import urllib.request
for _ in range(2):
    urllib.request.urlopen(url + {LISTING!r}).read()
    times.append(time.process_time())
print(json.dumps([after - before for before, after in zip(times, times[1:])]))
"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measure a server in a test's own process.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    times = [{name: _measure(name) for name in _STARTS} for _ in range(rounds)]
    sys.stdout.write(f"| processor seconds | {BARE} | {MUSTERD} | ratio |\n|---|---|---|---|\n")
    for place, step in enumerate(STEPS):
        _print(step, [(each[BARE][place], each[MUSTERD][place]) for each in times])
    _print("in all", [(sum(each[BARE]), sum(each[MUSTERD])) for each in times])


def _measure(name: str) -> list[float]:
    done = subprocess.run(  # noqa: S603  # ours
        [sys.executable, "-c", _BEGIN + _STARTS[name] + _ASK],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: list[float] = json.loads(done.stdout)
    return found


def _print(step: str, times: list[tuple[float, float]]) -> None:
    bare, own = (median(column) for column in zip(*times, strict=True))
    ratio = median(mine / least for least, mine in times)
    sys.stdout.write(f"| {step} | {bare:.3f} | {own:.3f} | {ratio:.1f} |\n")


if __name__ == "__main__":
    main()
