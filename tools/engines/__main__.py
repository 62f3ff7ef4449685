"""Run the command line: `python -m tools.engines`."""

from .cli import main

main(prog_name="python -m tools.engines")
