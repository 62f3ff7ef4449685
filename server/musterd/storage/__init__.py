"""The catalogue: the images of each account in a database."""
