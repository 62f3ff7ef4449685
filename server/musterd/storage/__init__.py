"""The catalogue: images of each account in a database."""
