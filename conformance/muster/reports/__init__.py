"""Reports of a run, each a function from the run to text."""
