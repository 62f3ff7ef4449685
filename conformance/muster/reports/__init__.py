"""Reports of a run: functions that turn its record into text."""
