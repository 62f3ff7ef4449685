"""The request that a task handles."""

from starlette.requests import Request


def current_request() -> Request:
    """Return the request that this task handles."""
    # Slow to import; Connexion has done so when it calls a handler.
    import connexion  # noqa: PLC0415

    request: Request = connexion.request
    return request
