from typing import Any

import pytest
from connexion.validators.parameter import ParameterValidator

from musterd.api.middleware import parameters
from musterd.api.middleware.parameters import CachedParameterValidator

NUMBER = {"name": "n", "in": "query", "schema": {"type": "integer"}, "required": False}
NEEDED = {"name": "n", "in": "query", "schema": {"type": "integer"}, "required": True}
OLDER = {"name": "n", "in": "query", "type": "integer"}


@pytest.mark.parametrize("parameter", [NUMBER, NEEDED, OLDER])
@pytest.mark.parametrize("value", [1, "x", None])
def test_a_value_is_validated_as_connexion_does(parameter: Any, value: Any) -> None:
    expected = ParameterValidator.validate_parameter("query", value, parameter)
    for _ in range(2):
        assert CachedParameterValidator.validate_parameter("query", value, parameter) == expected


def test_a_validator_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    validator = parameters.Draft4Validator

    def build(schema: Any, **options: Any) -> Any:
        built.append(schema)
        return validator(schema, **options)

    monkeypatch.setattr(parameters, "Draft4Validator", build)
    parameter = dict(NUMBER)
    for value in (1, 2, 3):
        assert CachedParameterValidator.validate_parameter("query", value, parameter) is None
    assert built == [NUMBER["schema"]]


def test_the_number_of_cached_validators_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CachedParameterValidator, "_validators", {})
    monkeypatch.setattr(parameters, "_MAX_VALIDATORS", 2)
    distinct = [dict(NUMBER) for _ in range(5)]
    for parameter in distinct:
        assert CachedParameterValidator.validate_parameter("query", 1, parameter) is None
        assert len(CachedParameterValidator._validators) <= 2  # noqa: SLF001
