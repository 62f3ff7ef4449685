"""The record of a run, and what is compared with it."""
