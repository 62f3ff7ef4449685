"""Everything that musterd itself finds wrong.

::

    MusterdError             one line for the person at the terminal; the command ends with status 1
    ├── AccountError         a name that no account can have, or that none has
    ├── AddressError         a listen address that cannot be understood or bound
    ├── CredentialsError     a file of credentials that cannot be used, or a key that is not in it
    ├── DatabaseError        a database that cannot be opened, read or written, or is not musterd's
    │   └── DiskFullError    ... because there is no room
    ├── ImportFileError      a file that cannot be imported
    │   ├── ListingError     ... as a List Images response
    │   └── ArchiveError     ... as a `docker save` archive or an OCI image layout
    │       └── ArchiveTooLargeError   ... because it asks for more than the limits allow
    └── ServeError           the server could not start

    RequestError             a client's mistake; it is answered, and the server goes on
    ├── BadRequestError      400
    ├── UnauthenticatedError 401
    ├── ForbiddenError       403
    ├── NotFoundError        404
    ├── ConflictError        409
    ├── TooSlowError         408
    ├── TooLargeError        413
    ├── TooManyError         429
    ├── UnsupportedError     501
    └── UnavailableError     503
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class MusterdError(Exception):
    """What went wrong and what to do about it, as one line of text."""


class AccountError(MusterdError):
    """An account cannot have this name, or there is none with it."""


class AddressError(MusterdError):
    """A listen address cannot be understood, or nothing can listen on it."""


class CredentialsError(MusterdError):
    """The file with the credentials cannot be read or written, or others can, too."""


class DatabaseError(MusterdError):
    """The catalogue's database cannot be used."""


class DiskFullError(DatabaseError):
    """There is no room for what the catalogue's database must write."""


class ImportFileError(MusterdError):
    """A file cannot be imported; the catalogue is as it was."""


class ListingError(ImportFileError):
    """A file is not a List Images response that musterd understands."""


class ArchiveError(ImportFileError):
    """A file is no archive of images that musterd understands."""


class ArchiveTooLargeError(ArchiveError):
    """An archive asks for more memory, time or disk than the limits allow."""


class ServeError(MusterdError):
    """The server could not start."""


class RequestError(Exception):
    """A request that cannot be answered as asked; its text is the response's message.

    Attributes:
        status: The response's HTTP status.
        headers: Headers that the response has beside those that every response has.
    """

    status: ClassVar[int]
    headers: Mapping[str, str] = MappingProxyType({})


class BadRequestError(RequestError):
    """The query, the filters or the API version of a request make no sense."""

    status = 400


class UnauthenticatedError(RequestError):
    """A request does not show who sent it."""

    status = 401
    headers = MappingProxyType({"WWW-Authenticate": "HYPER-HMAC-SHA256"})


class ForbiddenError(RequestError):
    """It is known who sent a request, or does not matter, and it is refused all the same."""

    status = 403


class NotFoundError(RequestError):
    """No image has the name that a request gives."""

    status = 404


class ConflictError(RequestError):
    """An image is used in a way that forbids what a request asks for."""

    status = 409


class TooSlowError(RequestError):
    """A request does not come in, or is not done, in the time that it has."""

    status = 408


class TooLargeError(RequestError):
    """A request's body asks for more than the limits allow."""

    status = 413


class TooManyError(RequestError):
    """Too many requests of this client were refused."""

    status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(seconds)}


class UnavailableError(RequestError):
    """The server has given a request up; the same one may succeed later."""

    status = 503


class UnsupportedError(RequestError):
    """A request asks for what this server does not keep; it is no mistake."""

    status = 501
