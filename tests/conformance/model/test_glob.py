from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.glob import BadPattern, matches


# As Go's documentation of path.Match has it, with the cases of its own test that names can be.
@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("", "", True),
        ("", "a", False),
        ("abc", "abc", True),
        ("abc", "ab", False),
        ("*", "", True),
        ("*", "abc", True),
        ("*", "a/b", False),
        ("**", "a/b", False),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("*x", "xxx", True),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^b-d]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("ab[!c]", "abc", True),
        ("ab[!c]", "ab!", True),
        ("ab[!c]", "abd", False),
        ("[ab-dx]", "c", True),
        ("[ab-dx]", "x", True),
        ("[ab-dx]", "e", False),
        ("[z-a]", "b", False),
        ("[*?]", "?", True),
        ("[*?]", "a", False),
        ("[a^]", "^", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", False),
        ("\\a", "a", True),
        ("[\\]a]", "]", True),
        ("[\\-]", "-", True),
        ("[x\\-]", "-", True),
        ("[\\-x]", "a", False),
        ("[a-\\z]", "m", True),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "β", True),
        ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False),
        ("a*b", "a/b", False),
        ("a[/]b", "a/b", True),
        ("a[^x]b", "a/b", True),
        ("]", "]", True),
        ("a-b", "a-b", True),
        ("^a", "^a", True),
        ("B*", "busybox", False),
        ("localhost:5000/*", "localhost:5000/busybox", True),
    ],
)
def test_a_pattern_matches_as_in_go(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) is fits


@pytest.mark.parametrize("name", ["", "a", "abc", "x"])
@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "[]",
        "[]a]",
        "[^",
        "[^]",
        "[^]a]",
        "[^bc",
        "[-]",
        "[x-]",
        "[-x]",
        "[a-b-c]",
        "[a--]",
        "a[",
        "a[b-",
        "*[",
        "\\",
        "a\\",
        "[\\",
        "[a\\",
        "[a-\\",
        "x[a-]",
        "[ab",
    ],
)
def test_a_malformed_pattern_is_refused_for_any_name(pattern: str, name: str) -> None:
    with pytest.raises(BadPattern):
        matches(pattern, name)


def test_a_pattern_with_many_stars_is_decided_immediately() -> None:
    assert not matches("*a" * 1000 + "b", "a" * 2000)


LITERAL, SPECIAL, ESCAPED = "abcz.-", "*?", "*?[]\\^-"
CHARACTERS = st.sampled_from("ab-cz.^]*?[\\")


def literal() -> st.SearchStrategy[tuple[str, str]]:
    return st.one_of(
        st.sampled_from(LITERAL + "/").map(lambda each: (each, re.escape(each))),
        st.sampled_from(ESCAPED).map(lambda each: ("\\" + each, re.escape(each))),
    )


def wildcard() -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from([("*", "[^/]*"), ("?", "[^/]")])


@st.composite
def class_(draw: st.DrawFn) -> tuple[str, str]:
    negated = draw(st.booleans())
    pattern, expression = "", ""
    for low, high in draw(st.lists(st.tuples(CHARACTERS, CHARACTERS), min_size=1, max_size=3)):
        pattern += f"\\{low}-\\{high}"
        expression += f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""
    # A class of empty ranges matches nothing; negated, it matches anything.
    empty = "." if negated else "(?!)"
    written = f"[{'^' * negated}{expression}]" if expression else empty
    return f"[{'^' * negated}{pattern}]", written


def compared(parts: list[tuple[str, str]], name: str) -> None:
    pattern, expression = "".join(p for p, _ in parts), "".join(e for _, e in parts)
    assert matches(pattern, name) is (re.fullmatch(expression, name) is not None)


@given(
    st.lists(st.one_of(literal(), wildcard()), max_size=7),
    st.text(alphabet=LITERAL + ESCAPED + "/", max_size=8),
)
def test_wildcards_and_escapes_match_like_a_regular_expression(
    parts: list[tuple[str, str]], name: str
) -> None:
    compared(parts, name)


# Without slashes: a class may match one, and then Go's stars are less thorough than expressions.
@given(
    st.lists(st.one_of(literal(), wildcard(), class_()), max_size=5),
    st.text(alphabet=LITERAL + ESCAPED, max_size=6),
)
def test_classes_match_like_a_regular_expression(parts: list[tuple[str, str]], name: str) -> None:
    compared(parts, name)


@given(st.text(), st.text())
def test_any_pattern_is_decided_or_refused(pattern: str, name: str) -> None:
    try:
        fits = matches(pattern, name)
    except BadPattern:
        assert {"[", "\\"}.intersection(pattern)
    else:
        assert isinstance(fits, bool)


@given(st.text(alphabet=LITERAL + ESCAPED + "/"))
def test_an_escaped_name_matches_only_itself(name: str) -> None:
    pattern = re.sub(r"([*?\[\]\\^-])", r"\\\1", name)
    assert matches(pattern, name)
    assert not matches(pattern, name + "x")
