"""The command line of musterd."""
