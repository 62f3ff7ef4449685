"""What a registry does not give, and how clients are told.

moby v20.10.24 ``distribution/errors.go``.
"""

from musterd.errors import NotFoundError
from musterd.images.reference import Reference


class DeniedError(NotFoundError):
    """The registry does not show the repository to this client."""


class AbsentError(NotFoundError):
    """The registry does not have what was asked for."""


def not_there(name: Reference, error: NotFoundError) -> NotFoundError:
    """Return the error for the client."""
    if isinstance(error, DeniedError):
        return denied(name, str(error))
    return AbsentError(f"manifest for {name.familiar} not found: {error}")


def denied(
    name: Reference, reason: str = "denied: requested access to the resource is denied"
) -> NotFoundError:
    """Return the error about a repository that is not there, or not for this client."""
    return NotFoundError(
        f"pull access denied for {name.repository}, repository does not exist or may require "
        f"'docker login': {reason}"
    )
