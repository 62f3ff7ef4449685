"""Everything that musterd itself finds wrong.

::

    MusterdError             one line for the person at the terminal; the command ends with status 1
    ├── AddressError         a listen address that cannot be understood or bound
    ├── DatabaseError        a database that cannot be opened, read or written, or is not musterd's
    ├── ImportFileError      a file that cannot be imported
    │   ├── ListingError     ... as a List Images response
    │   └── ArchiveError     ... as a `docker save` archive
    └── ServeError           the server could not start

    RequestError             a client's mistake; it is answered, and the server goes on
    └── BadRequestError      400
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
    """A file is not a `docker save` archive that musterd understands."""


class ServeError(MusterdError):
    """The server could not start."""


class RequestError(Exception):
    """A request that cannot be answered as asked; its text is the answer's message."""

    #: The answer's HTTP status.
    status: ClassVar[int]


class BadRequestError(RequestError):
    """The query, the filters or the API version of a request make no sense."""

    status = 400
