"""Connexion's reading and validation of parameters, mended.

It makes a validator for each parameter of each request from a copy of the document. That takes
longer than finding a few images among many. And it cannot read a list of texts with commas.
"""

from collections.abc import Mapping
from typing import Any

from connexion.uri_parsing import OpenAPIURIParser
from connexion.validators.parameter import ParameterValidator, draft4_format_checker
from jsonschema import Draft4Validator

# Parameters of which validators are kept; all versions together have some hundred.
_MAX_VALIDATORS = 2048


class CachedParameterValidator(ParameterValidator):  # type: ignore[misc]  # of unknown type
    """Validates parameters with validators that are built once."""

    # By the identity of a parameter, which is kept along so that no other can take its place.
    _validators: dict[int, tuple[Mapping[str, Any], Draft4Validator]] = {}  # noqa: RUF012

    @classmethod
    def validate_parameter(
        cls, parameter_type: str, value: Any, param: Mapping[str, Any], param_name: Any = None
    ) -> str | None:
        """Return what is wrong with a parameter's value, or None."""
        if value is not None and cls._validator(param).is_valid(value):
            return None
        # Connexion knows the rest, and the words for what is wrong.
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
    """Reads a query, and leaves each value of a repeated parameter whole.

    Connexion joins the values with commas and splits the text again, at the commas in the values
    too. The documents have no other kind of list.
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
