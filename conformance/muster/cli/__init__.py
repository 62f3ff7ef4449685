"""The command line of muster."""
