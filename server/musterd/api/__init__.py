"""The operations of the API and their responses."""
