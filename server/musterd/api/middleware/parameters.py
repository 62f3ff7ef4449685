"""Faster and corrected parsing of parameters for Connexion.

For each parameter of each request, Connexion builds a validator from a copy of the document. That
takes longer than finding a few images among many. It also cannot parse lists of texts with commas.
"""

from collections.abc import Mapping
from typing import Any

from connexion.uri_parsing import OpenAPIURIParser
from connexion.validators.parameter import ParameterValidator, draft4_format_checker
from jsonschema import Draft4Validator

# Validators to cache; all versions together need a few hundred.
_MAX_VALIDATORS = 2048


class CachedParameterValidator(ParameterValidator):  # type: ignore[misc]  # of unknown type
    """Validate parameters with cached validators."""

    # By the id() of a parameter, which is kept alive so that no other object can get the same one.
    _validators: dict[int, tuple[Mapping[str, Any], Draft4Validator]] = {}  # noqa: RUF012

    @classmethod
    def validate_parameter(
        cls, parameter_type: str, value: Any, param: Mapping[str, Any], param_name: Any = None
    ) -> str | None:
        """Return an error message for a parameter's value; None if it is valid."""
        if value is not None and cls._validator(param).is_valid(value):
            return None
        # Leave other parameters, and the error message, to Connexion.
        problem: str | None = super().validate_parameter(parameter_type, value, param, param_name)
        return problem

    @classmethod
    def _validator(cls, param: Mapping[str, Any]) -> Draft4Validator:
        found = cls._validators.get(id(param))
        if found is None:
            if len(cls._validators) == _MAX_VALIDATORS:
                cls._validators.clear()
            schema = param.get("schema", param)
            found = (param, Draft4Validator(schema, format_checker=draft4_format_checker))
            cls._validators[id(param)] = found
        return found[1]


class RepeatedParameterParser(OpenAPIURIParser):  # type: ignore[misc]  # of unknown type
    """Parse a query without splitting the values of a repeated parameter.

    Connexion joins the values with commas and splits the text again, and so splits values that
    contain commas. The documents have no other kind of list.
    """

    @staticmethod
    def _resolve_param_duplicates(
        values: list[str], param_defn: Mapping[str, Any], _in: str
    ) -> list[str]:
        del param_defn, _in
        return values

    @staticmethod
    def _split(value: list[str], param_defn: Mapping[str, Any], _in: str) -> list[str]:
        del param_defn, _in
        return value
