import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musterd.images.glob import BadPatternError, Pattern, PatternSet


def match(pattern: str, name: str) -> bool:
    return PatternSet([Pattern.parse(pattern)]).fits(name)


# The table is that of Go's own test of path.Match, as far as names of images go, and our additions.
@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("", "", True),
        ("", "a", False),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("*", "abc", True),
        ("*", "", True),
        ("*", "a/b", False),
        ("**", "abc", True),
        ("**", "a/b", False),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "abc", True),
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
        ("a*a", "aa", True),
        ("a*a", "a", False),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^b-d]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "é", True),
        ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False),
        ("a*b", "a/b", False),
        ("a[/]b", "a/b", True),
        ("a[^x]b", "a/b", True),
        ("[\\]a]", "]", True),
        ("[\\-]", "-", True),
        ("[x\\-]", "x", True),
        ("[x\\-]", "-", True),
        ("[x\\-]", "z", False),
        ("[\\-x]", "a", False),
        ("[z-a]*", "b", False),
        ("[*]", "*", True),
        ("[*]", "a", False),
        ("*/*", "a/b", True),
        ("*/*", "a/b/c", False),
        ("localhost:5000/*", "localhost:5000/busybox", True),
        ("*5000*/*", "localhost:5000/busybox", True),
        ("B*", "busybox", False),
        # Go takes the first place that fits, even where a later one would do.
        ("*[/a]*b", "a/b", False),
        ("*b*[.-a]*?*", "bab/ba*", False),
        ("*[/a]*", "/", True),
    ],
)
def test_a_pattern_matches_the_same_names_as_in_go(pattern: str, name: str, fits: bool) -> None:
    assert match(pattern, name) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "[]",
        "[]a]",
        "[-]",
        "[x-]",
        "[-x]",
        "[a-b-c]",
        "a[",
        "[^",
        "[^]",
        "[^bc",
        "a[b-",
        "\\",
        "abc[",
        "*[",
        "[a\\",
        "[a-\\",
    ],
)
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadPatternError):
        Pattern.parse(pattern)


def test_a_pattern_with_many_stars_is_matched_quickly() -> None:
    assert not match("*a" * 2000 + "b", "a" * 4000)


def in_go(pattern: str, name: str) -> bool:
    """Match as Go's `path.Match` does, chunk by chunk; for patterns of one-character places."""
    first, *starred = re.split(r"\*", pattern)
    chunks = [("", first), *(("*", chunk) for chunk in starred)]
    expressions = [(star, re.compile(chunk.replace("?", "[^/]"))) for star, chunk in chunks]
    for number, (star, expression) in enumerate(expressions):
        is_last = number == len(expressions) - 1
        if star and is_last and not expression.pattern:
            return "/" not in name
        for start in range(len(name) + 1):
            found = expression.match(name, start)
            if found and not (is_last and found.end() < len(name)):
                name = name[found.end() :]
                break
            if not star or name[start : start + 1] in ("", "/"):
                return False
    return not name


@settings(max_examples=1000)
@given(
    st.lists(
        st.lists(st.sampled_from(("a", "b", "/", "*", "?", "[ab]", "[^a]", "[a/]")), max_size=7),
        max_size=3,
    ),
    st.text(alphabet="ab/", max_size=9),
    st.integers(0, 9),
)
def test_a_pattern_set_matches_what_any_pattern_matches_in_go(
    parts: list[list[str]], name: str, end: int
) -> None:
    patterns = [re.sub(r"\*+", "*", "".join(each)) for each in parts]
    together = PatternSet(map(Pattern.parse, patterns))
    whole = any(in_go(pattern, name) for pattern in patterns)
    assert together.fits(name) is whole
    beginning = any(in_go(pattern, name[:end]) for pattern in patterns)
    assert together.fits(name, end) is (whole or beginning)


@given(st.text(alphabet="ab*?/", max_size=8), st.text(alphabet="ab/", max_size=10))
def test_stars_and_question_marks_match_all_but_slashes(pattern: str, name: str) -> None:
    expected = pattern.replace("*", "[^/]*").replace("?", "[^/]")
    assert match(pattern, name) is (re.fullmatch(expected, name) is not None)
