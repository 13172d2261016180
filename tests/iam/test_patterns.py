"""Wildcards, variables and ARNs as patterns."""

from __future__ import annotations

import pytest

from labkit.iam.patterns import LiteralText, Pattern, Variable, pieces_of

ARN = "arn:aws:lambda:eu-central-1:592444418872:function:f"


def matches(pattern: str, text: str, style: str = "glob", **context: str) -> bool:
    keys = {f"aws:{key}": value for key, value in context.items()}
    return Pattern.compile(pattern, style, variables=True).matches(text, keys)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", ""),
        ("*", ""),
        ("*", "anything:at/all"),
        ("**", "x"),
        ("a*", "a"),
        ("*a", "ba"),
        ("a*a", "aa"),
        ("a*b*c", "abbcbc"),
        ("a*b*c", "axbxc"),
        ("?", "x"),
        ("a?c", "abc"),
        ("*?", "xy"),
        ("?*?", "xy"),
        ("*a?c*", "xxabcxx"),
        ("*ab*ab", "abab"),
        ("a?*b?*c", "a1b2c"),
        ("line*", "line\nbreak"),
        ("a?b", "a\nb"),
        ("a.c", "a.c"),
        ("[a]", "[a]"),
        ("*.?.*", "x.y.z"),
    ],
)
def test_a_glob_takes_texts_that_fit(pattern, text):
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "a"),
        ("a", ""),
        ("?", ""),
        ("?", "xy"),
        ("a*a", "a"),
        ("ab*ba", "aba"),
        ("*aa*aa", "aaa"),
        ("a*b", "abc"),
        ("a?c", "ac"),
        ("?*?", "x"),
        ("a.c", "abc"),
        ("*a?c*", "xxacxx"),
        ("A", "a"),
        ("*ab*ab", "ab"),
        ("?b*", "ba"),
        ("*?b", "b"),
        ("a*?b?*", "axb"),
    ],
)
def test_a_glob_refuses_texts_that_do_not_fit(pattern, text):
    assert not matches(pattern, text)


@pytest.mark.parametrize("style", ["exact-any-case", "glob-any-case"])
def test_case_is_ignored_where_the_style_says_so(style):
    assert matches("ECR:batchgetimage", "ecr:BatchGetImage", style)
    assert not matches("ecr:BatchGetImage", "ecr:BatchGetImages", style)


def test_a_glob_without_case_still_has_wildcards():
    assert matches("ecr:BATCH*?mage", "ecr:BatchGetImage", "glob-any-case")
    assert not matches("ecr:BATCH?", "ecr:BatchGetImage", "glob-any-case")


def test_wildcards_mean_nothing_in_an_exact_pattern():
    assert matches("a*", "a*", "exact")
    assert not matches("a*", "ab", "exact")


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (ARN, True),
        ("arn:aws:lambda:*:592444418872:function:*", True),
        ("arn:*:*:*:*:*", True),
        ("*:*:*:*:*:*", True),
        ("arn:aws:lambda:eu-central-?:592444418872:function:?", True),
        ("arn:aws:lambda:*:function:*", False),
        ("arn:aws:lambda:*", False),
        ("arn:aws:*:592444418872:function:f", False),
        ("*", False),
        ("arn:aws:lambda:eu-central-1:592444418872:function", False),
        ("arn:aws:lambda::592444418872:function:f", False),
        ("ARN:aws:lambda:eu-central-1:592444418872:function:f", False),
    ],
)
def test_an_arn_pattern_is_compared_field_by_field(pattern, fits):
    assert matches(pattern, ARN, "arn") is fits


@pytest.mark.parametrize("text", ["", "f", "arn:aws:lambda", "xrn:aws:lambda:eu-central-1:592444418872:function:f"])
def test_what_is_no_arn_matches_no_arn_pattern(text):
    assert not matches("*:*:*:*:*:*", text, "arn")


def test_a_star_of_an_arn_pattern_does_not_cross_a_colon_but_that_of_a_text_does():
    value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    assert matches(pattern, value, "glob")
    assert not matches(pattern, value, "arn")


def test_the_colon_inside_a_variable_does_not_separate_fields():
    pattern = "arn:aws:iam::${aws:PrincipalAccount}:role/x"
    assert matches(pattern, "arn:aws:iam::592444418872:role/x", "arn", principalaccount="592444418872")
    assert not matches(pattern, "arn:aws:iam::111122223333:role/x", "arn", principalaccount="592444418872")


def test_a_variable_can_stand_for_a_whole_arn():
    assert matches("${aws:PrincipalArn}", ARN, "arn", principalarn=ARN)
    assert not matches("${aws:PrincipalArn}", ARN, "arn", principalarn="no arn")


def test_what_a_variable_stands_for_is_no_pattern():
    assert matches("home/${aws:username}/*", "home/a*b/x", username="a*b")
    assert not matches("home/${aws:username}/*", "home/acb/x", username="a*b")
    assert not matches("home/${aws:username}", "home/abc", username="a?c")


def test_names_of_variables_have_no_case_and_may_have_blanks_around_them():
    assert matches("${ AWS:UserName }", "ann", username="ann")


def test_a_variable_without_a_value_matches_nothing_not_even_itself():
    assert not matches("${aws:username}", "${aws:username}")
    assert not matches("${aws:username}", "")


def test_a_default_stands_in_for_a_missing_value_only():
    pattern = "bucket-${aws:PrincipalTag/team, 'company-wide'}"
    assert matches(pattern, "bucket-company-wide")
    assert not matches(pattern, "bucket-company-wide", **{"principaltag/team": "yellow"})
    assert matches(pattern, "bucket-yellow", **{"principaltag/team": "yellow"})


def test_a_default_is_literal_text():
    assert not matches("${aws:x, '*'}", "anything")
    assert matches("${aws:x, '*'}", "*")
    assert matches("x${aws:x, ''}y", "xy")


def test_a_multivalued_key_is_no_variable():
    pattern = Pattern.compile("${aws:TagKeys}", "glob", variables=True)
    assert not pattern.matches("a", {"aws:tagkeys": ("a",)})
    assert pattern.resolve({"aws:tagkeys": ("a",)}) is None


@pytest.mark.parametrize("character", ["*", "?", "$"])
def test_special_characters_can_be_written_as_variables(character):
    assert matches(f"a${{{character}}}b", f"a{character}b")
    assert not matches(f"a${{{character}}}b", "axb")


@pytest.mark.parametrize(
    "text", ["${}", "${ }", "${aws:x", "$aws:x}", "${aws:x,}", "${aws:x 'y'}", "${aws:x, y 'z'}", "${aws:x, 'y}"]
)
def test_what_only_looks_like_a_variable_is_text(text):
    assert pieces_of(text) == (text,) or all(isinstance(piece, str) for piece in pieces_of(text))
    assert matches(text, text, "exact")


def test_variables_are_text_where_the_version_knows_none():
    assert Pattern.compile("${aws:username}", "exact").matches("${aws:username}", {"aws:username": "ann"})


def test_pieces_come_in_their_order():
    assert pieces_of("a${aws:X}b${*}${aws:y, 'd'}") == (
        "a",
        Variable("aws:x", None),
        "b",
        LiteralText("*"),
        Variable("aws:y", "d"),
    )


def test_a_pattern_tells_its_variables_and_resolves_them():
    pattern = Pattern.compile("${aws:a}-${aws:b}-${aws:a}", "glob", variables=True)
    assert pattern.variables == ("aws:a", "aws:b")
    assert pattern.resolve({"aws:a": "1", "aws:b": "2"}) == "1-2-1"
    assert pattern.resolve({"aws:a": "1"}) is None
    assert repr(pattern) == "<Pattern '${aws:a}-${aws:b}-${aws:a}'>"


@pytest.mark.parametrize("pattern", ["*a" * 5000 + "b", "*a?" * 1500 + "b", "a*" * 20_000, "*" * 20_000 + "b"])
def test_no_pattern_makes_matching_hang(pattern):
    assert not matches(pattern, "a" * 4000 + "c")


@pytest.mark.parametrize("text", ["${" * 100_000, "${a" + " " * 200_000, "${a,'" * 50_000, "${a" + "'" * 100_000])
def test_unfinished_variables_are_read_in_one_pass(text):
    assert "".join(str(piece) for piece in pieces_of(text)) == text
