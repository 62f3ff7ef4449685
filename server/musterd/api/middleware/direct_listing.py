"""What Connexion would do anew for every request, done once.

It routes and validates every listing that is not answered from memory (`musterd.reuse`). But it
builds a validator for each parameter of each request from a copy of the document, and works out
for each request how the handler takes its arguments. Together that takes twice as long as finding
a few images among many.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from connexion.validators.parameter import ParameterValidator, draft4_format_checker
from jsonschema import Draft4Validator
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from musterd.api import query_string

# Parameters of which validators are kept; all versions together have some hundred.
_MOST = 2048
# The arguments of `image_list` whose parameters are called otherwise.
_ARGUMENTS = {"all": "all_", "filter": "filter_", "shared-size": "shared_size"}
# Listings that are made at a time: of all images, and with conditions, so that a short one does not
# wait for a dozen long ones. Together they are fewer than the connections that the database's pool
# keeps, so that none is opened for one listing only; and more threads would hold each other up.
_AT_ONCE = 2
_CONDITIONS = ("filters", "filter")


class CompiledParameters(ParameterValidator):  # type: ignore[misc]  # of unknown type
    """Connexion's validation of parameters, with validators that are built once."""

    # By the identity of a parameter, which is kept along so that no other can take its place.
    _compiled: dict[int, tuple[Mapping[str, Any], Draft4Validator]] = {}  # noqa: RUF012

    @classmethod
    def validate_parameter(
        cls, parameter_type: str, value: Any, param: Mapping[str, Any], param_name: Any = None
    ) -> str | None:
        """Return what is wrong with a parameter's value, or None."""
        if value is not None:
            found = cls._compiled.get(id(param))
            if found is None:
                if len(cls._compiled) == _MOST:
                    cls._compiled.clear()
                schema = param.get("schema", param)
                found = (param, Draft4Validator(schema, format_checker=draft4_format_checker))
                cls._compiled[id(param)] = found
            if found[1].is_valid(value):
                return None
        # Connexion knows the rest, and the words for what is wrong.
        problem: str | None = super().validate_parameter(parameter_type, value, param, param_name)
        return problem


class DirectListing:
    """Calls `image_list` with the parameters of a request that was found valid.

    Stands behind Connexion's validation; every other operation goes through untouched.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        handler: Callable[..., Response],
        at_once: Callable[..., Response | None],
        revision: Callable[[str], Awaitable[int]],
    ) -> None:
        """Take what answers.

        Args:
            app: Every operation but this one.
            handler: What may wait for the database.
            at_once: What gives up where it would have to.
            revision: What tells the revision that an account's catalogue has now.
        """
        self._app = app
        self._handler = handler
        self._at_once = at_once
        self._revision = revision
        self._limiters = {lane: CapacityLimiter(_AT_ONCE) for lane in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request.

        Raises:
            RequestError: The client's mistake that the handler has found.
            DatabaseError: The store cannot be read.
        """
        if scope["type"] == "http" and _operation_id(scope) == "image_list":
            context = scope["extensions"]["connexion_context"]
            values = query_string.first_values(scope["query_string"])
            arguments = {
                "account": context["account"],
                "rules": context["rules"],
                "revision": await self._revision(context["account"]),
                **{_ARGUMENTS.get(name, name): value for name, value in values.items()},
            }
            response = self._at_once(**arguments)
            if response is None:
                listing = partial(self._handler, **arguments)
                limiter = self._limiters[any(values.get(name) for name in _CONDITIONS)]
                response = await to_thread.run_sync(listing, limiter=limiter)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _operation_id(scope: Scope) -> str | None:
    found: str | None = scope["extensions"]["connexion_routing"].get("operation_id")
    return found
