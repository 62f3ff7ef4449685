"""The List Images operation, as pure functions over images."""
