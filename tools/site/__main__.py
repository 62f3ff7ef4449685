"""The command `python -m tools.site`."""

import argparse
import sys
from pathlib import Path

from tools.site.build import ROOT, build

parser = argparse.ArgumentParser(prog="python -m tools.site", description="Build the site.")
parser.add_argument("output", nargs="?", type=Path, default=ROOT / "build" / "site")
sys.exit(build(parser.parse_args().output))
