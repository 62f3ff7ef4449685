"""The exceptions of musterd.

::

        MusterdError             one line for the user; the command exits with status 1
        ├── AccountError         an invalid account name, or an unknown account
        ├── AddressError         a listen address that is invalid or cannot be bound
        ├── CredentialsError     an unusable credentials file, or an unknown access key
        ├── DatabaseError        an unusable database, or another program's
        │   ├── DiskFullError    ... because the disk is full
        │   └── DatabaseAwayError    ... because it cannot be reached, or not now
        ├── FaultError           an invalid fault to inject
        ├── ImportFileError      a file that cannot be imported
        │   ├── ListingError     ... as a List Images response
        │   ├── ArchiveError     ... as a `docker save` archive or an OCI image layout
        │   │   └── ArchiveTooLargeError   ... because it exceeds the limits
        │   └── SeedError        ... or added, since its description is invalid
        └── ServeError           the server could not start

        RequestError             a failed request; the server answers it and keeps running
    ├── BadRequestError      400
    │   ├── QueryStringError ... because its query string cannot be decoded
    │   ├── FiltersError     ... because `filters` is not JSON, or of neither form
    │   ├── RefusedArchiveError  ... because its archive is damaged or incomplete
    │   ├── NewNameError     ... because the new name of an image is invalid
    │   ├── FilterError      ... because there is no such filter, or its value is invalid
    │   ├── PatternError     ... because a pattern is malformed
    │   └── TimestampError   ... because a time in `until` is invalid
    ├── UnauthenticatedError 401
    ├── ForbiddenError       403
    ├── NotFoundError        404
    ├── ConflictError        409
    ├── TooSlowError         408
    ├── TooLargeError        413
    ├── TooManyError         429
    ├── InconsistentImageError   500
    ├── RegistryError        500
    ├── UnsupportedError     501
    └── UnavailableError     503
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class MusterdError(Exception):
    """An error for the user: one line that says what went wrong and what to do."""


class AccountError(MusterdError):
    """The account name is invalid, or no account has it."""


class AddressError(MusterdError):
    """A listen address is invalid, or cannot be bound."""


class CredentialsError(MusterdError):
    """The credentials file cannot be read or written, or is accessible to other users."""


class DatabaseError(MusterdError):
    """The catalogue's database cannot be used."""


class DatabaseAwayError(DatabaseError):
    """The database cannot be reached, or not now; the store has logged that."""


class DiskFullError(DatabaseError):
    """The disk has no room for what the database must write."""


class FaultError(MusterdError):
    """The description of a fault to inject is invalid."""


class ImportFileError(MusterdError):
    """A file cannot be imported; the catalogue is unchanged."""


class ListingError(ImportFileError):
    """A file is not a valid List Images response."""


class ArchiveError(ImportFileError):
    """A file is not an image archive that musterd can read."""


class ArchiveTooLargeError(ArchiveError):
    """An archive exceeds the limits on memory, time or disk."""


class SeedError(ImportFileError):
    """The description of an image is invalid.

    Attributes:
        field: The name of the invalid value; None if it is none in particular.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ServeError(MusterdError):
    """The server could not start."""


class RequestError(Exception):
    """A request that cannot be answered as asked. The text is the message in the response.

    Attributes:
        status: The HTTP status of the response.
        headers: Headers of the response in addition to those of every response.
    """

    status: ClassVar[int]
    headers: Mapping[str, str] = MappingProxyType({})


class BadRequestError(RequestError):
    """The query, the filters or the API version of a request is invalid."""

    status = 400


class QueryStringError(BadRequestError):
    """The query string of a request cannot be decoded."""


class FiltersError(BadRequestError):
    """The parameter `filters` is not JSON, or of neither form."""


class NewNameError(BadRequestError):
    """The new name of an image is no valid name with a tag."""


class FilterError(BadRequestError):
    """There is no filter of that name, or its value is invalid."""


class RefusedArchiveError(BadRequestError):
    """The archive in a request is no image archive, or is damaged or incomplete."""


class PatternError(BadRequestError):
    """A pattern is malformed."""


class TimestampError(BadRequestError):
    """A time in a request is invalid: that of a filter `until`, or of events."""


class UnauthenticatedError(RequestError):
    """A request has no valid proof of its sender."""

    status = 401
    headers = MappingProxyType({"WWW-Authenticate": "HYPER-HMAC-SHA256"})


class ForbiddenError(RequestError):
    """A request is refused for any client."""

    status = 403


class NotFoundError(RequestError):
    """No image has the requested name."""

    status = 404


class ConflictError(RequestError):
    """The image is in use, so that the request cannot be carried out."""

    status = 409


class TooSlowError(RequestError):
    """A request did not arrive, or could not be handled, in the time allowed."""

    status = 408


class TooLargeError(RequestError):
    """A request body exceeds the limits."""

    status = 413


class TooManyError(RequestError):
    """Too many requests from this client were refused."""

    status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(seconds)}


class InconsistentImageError(RequestError):
    """The parts of an image contradict each other."""

    status = 500


class RegistryError(RequestError):
    """A registry could not be asked, or answers something that it should not."""

    status = 500


class UnavailableError(RequestError):
    """The server gave up on a request; a retry may succeed."""

    status = 503


class UnsupportedError(RequestError):
    """A request asks for data that this server does not store; the request is valid."""

    status = 501
