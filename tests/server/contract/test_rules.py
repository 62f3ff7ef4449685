from dataclasses import fields

import pytest

import muster_openapi
from musterd.contract import rules
from musterd.contract.engines import ENGINES
from musterd.contract.rules import Rules
from musterd.contract.versions import ApiVersion

RELEASES = [f"1.{minor}" for minor in range(12, 57)]


def test_the_oldest_rules_apply_up_to_1_23() -> None:
    assert all(rules.at(ApiVersion(version)) == Rules() for version in RELEASES[:12])


@pytest.mark.parametrize(
    ("version", "changed"),
    [
        ("1.43", {"placeholders", "whole_size"}),
        ("1.44", {"virtual_size", "undated_text"}),
        ("1.45", {"container_config"}),
        ("1.50", {"config_defaults"}),
        ("1.51", {"counts_containers"}),
        ("1.52", {"config_defaults", "omit_empty", "usage"}),
        ("1.56", set()),
    ],
)
def test_each_rule_changes_in_its_version(version: str, changed: set[str]) -> None:
    before = rules.at(ApiVersion(RELEASES[RELEASES.index(version) - 1]))
    after = rules.at(ApiVersion(version))
    names = {field.name for field in fields(Rules)} - {"since"}
    assert {name for name in names if getattr(before, name) != getattr(after, name)} == changed


def test_versions_with_equal_rules_share_them() -> None:
    found = [rules.at(ApiVersion(version)) for version in (*RELEASES, "1.23.4", "0.1", "9.9")]
    assert len({id(each) for each in found}) == len({each.since for each in found}) == 9


def test_every_rule_depends_on_a_version_or_an_engine() -> None:
    found = [rules.at(ApiVersion(version)) for version in RELEASES]
    found += [each for engine in ENGINES.values() for each in engine.rules]
    for field in fields(Rules):
        values = [getattr(each, field.name) for each in found]
        assert any(value != values[0] for value in values), field.name


@pytest.mark.parametrize("version", RELEASES[11:])
def test_every_documented_filter_is_known_to_the_rules(version: str) -> None:
    schemas = muster_openapi.document(version)["components"]["schemas"]
    described = set(schemas["Filters"]["properties"])
    # Daemons know filters earlier than their documents do.
    assert described <= set(rules.at(ApiVersion(version)).filter_keys)
