"""The record of a run, and its comparison with baselines and other runs."""
