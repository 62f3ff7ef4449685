"""Everything that musterd itself finds wrong.

::

    MusterdError             one line for the person at the terminal; the command ends with status 1
    ├── AddressError         a listen address that cannot be understood or bound
    ├── DatabaseError        a database that cannot be opened, read or written, or is not musterd's
    ├── ImportFileError      a file that cannot be imported
    │   ├── ListingError     ... as a List Images response
    │   └── ArchiveError     ... as a `docker save` archive or an OCI image layout
    │       └── ArchiveTooLargeError   ... because it asks for more than the limits allow
    └── ServeError           the server could not start

    RequestError             a client's mistake; it is answered, and the server goes on
    ├── BadRequestError      400
    ├── NotFoundError        404
    ├── ConflictError        409
    └── TooLargeError        413
"""

from typing import ClassVar


class MusterdError(Exception):
    """What went wrong and what to do about it, as one line of text."""


class AddressError(MusterdError):
    """A listen address cannot be understood, or nothing can listen on it."""


class DatabaseError(MusterdError):
    """The catalogue's database cannot be used."""


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
    """A request that cannot be answered as asked; its text is the answer's message."""

    #: The answer's HTTP status.
    status: ClassVar[int]


class BadRequestError(RequestError):
    """The query, the filters or the API version of a request make no sense."""

    status = 400


class NotFoundError(RequestError):
    """No image has the name that a request gives."""

    status = 404


class ConflictError(RequestError):
    """An image is used in a way that forbids what a request asks for."""

    status = 409


class TooLargeError(RequestError):
    """A request's body asks for more than the limits allow."""

    status = 413
