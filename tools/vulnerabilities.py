"""List the known vulnerabilities of the packages in the lock file, with pip-audit.

pip-audit alone reports no vulnerability when it could not query at all; this tells the two apart.

Usage: python -m tools.vulnerabilities [LOCK-FILE]

Exit status: 0 none known; 1 some known; 3 some packages could not be queried, and the others have
no known vulnerability.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
KNOWN, UNASKED = 1, 3
SECONDS = 300


def dependencies(lock: Path) -> Sequence[Mapping[str, Any]] | str:
    """Query each package, or return why that failed."""
    program = shutil.which("pip-audit")
    if program is None:
        return "pip-audit is not installed"
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
    try:
        done = subprocess.run(  # noqa: S603  # nothing in it is from outside
            [program, *options, "--requirement", lock],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"pip-audit has not ended within {SECONDS} s"
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return f"pip-audit failed: {(done.stderr.strip() or 'it says nothing').splitlines()[-1]}"
    return found


def main(arguments: Sequence[str]) -> int:
    """Run from the command line."""
    found = dependencies(Path(arguments[0]) if arguments else LOCK)
    if isinstance(found, str):
        sys.stdout.write(f"audit: nothing is known of any package: {found}\n")
        return UNASKED
    weak = [(each, weakness) for each in found for weakness in each.get("vulns", ())]
    for each, weakness in weak:
        fixed = ", ".join(weakness["fix_versions"]) or "no version"
        named = f"{each['name']} {each['version']}: {weakness['id']}"
        sys.stdout.write(f"audit: {named}, repaired in {fixed}\n")
    unasked = [each for each in found if "skip_reason" in each]
    if unasked:
        reason = unasked[0]["skip_reason"]
        sys.stdout.write(
            f"audit: nothing is known of {len(unasked)} of {len(found)} packages: {reason}\n"
        )
    if weak:
        return KNOWN
    if not unasked:
        sys.stdout.write(f"audit: no weakness of {len(found)} packages is known\n")
    return UNASKED if unasked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
