"""Names that no image has, and the parts of names that engines let users omit."""

ABSENT_IMAGE = "muster.test/no-such-image"
"""A repository that no server holds: not even the suite plants it."""

ABSENT_LABEL = "muster.test/no-such-label"
"""The key of a label that no image has."""

SHORTENED = ("localhost/", "docker.io/", "docker.io/library/")
"""Prefixes of names that some engines let users omit."""
