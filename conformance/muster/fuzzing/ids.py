"""The requirements that only requests of Schemathesis check."""

ALIVE = "FUZZ-ALIVE"
STATUS = "FUZZ-STATUS"
MEDIA_TYPE = "FUZZ-MEDIA-TYPE"
SCHEMA = "FUZZ-SCHEMA"

REQUIREMENTS = (ALIVE, STATUS, MEDIA_TYPE, SCHEMA)
