"""Keys and values of the Condition element: missing, empty, several, negated, with set operators and variables."""

from __future__ import annotations

import pytest

from labkit.iam.conditions import Condition, Outcome
from labkit.iam.patterns import ContextValue

KEY = "aws:k"
ABSENT, EMPTY = None, ()


def outcome(
    operator: str, values: tuple[str, ...], got: ContextValue | None, variables: bool = True, **more: str
) -> Outcome:
    context: dict[str, ContextValue] = {f"aws:{name}": value for name, value in more.items()}
    if got is not None:
        context[KEY] = got
    return Condition.compile(operator, "AWS:K", values, variables).outcome(context)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", Outcome.ABSENT),
        ("StringNotEquals", Outcome.ABSENT_HOLDS),
        ("StringEqualsIfExists", Outcome.ABSENT_HOLDS),
        ("StringNotEqualsIfExists", Outcome.ABSENT_HOLDS),
        ("ForAnyValue:StringEquals", Outcome.ABSENT),
        ("ForAnyValue:StringNotEquals", Outcome.ABSENT),
        ("ForAnyValue:StringEqualsIfExists", Outcome.ABSENT),
        ("ForAllValues:StringEquals", Outcome.ABSENT_HOLDS),
        ("ForAllValues:StringNotEquals", Outcome.ABSENT_HOLDS),
        ("NumericLessThan", Outcome.ABSENT),
        ("NotIpAddress", Outcome.ABSENT_HOLDS),
        ("Bool", Outcome.ABSENT),
        ("BoolIfExists", Outcome.ABSENT_HOLDS),
        ("ArnNotLike", Outcome.ABSENT_HOLDS),
    ],
)
@pytest.mark.parametrize("got", [ABSENT, EMPTY])
def test_a_missing_key_decides_by_the_operator(operator, expected, got):
    assert outcome(operator, ("x",), got) is expected


@pytest.mark.parametrize("got", ["", ("",), ("", "")])
def test_an_empty_value_is_a_missing_key_for_set_operators(got):
    assert outcome("ForAllValues:StringEquals", ("x",), got) is Outcome.ABSENT_HOLDS
    assert outcome("ForAnyValue:StringEquals", ("",), got) is Outcome.ABSENT
    assert outcome("ForAnyValue:StringNotEquals", ("x",), got) is Outcome.ABSENT


def test_an_empty_value_is_a_value_for_other_operators():
    assert outcome("StringEquals", ("",), "") is Outcome.HOLDS
    assert outcome("StringEquals", ("x",), "") is Outcome.DIFFERS
    assert outcome("StringLike", ("*",), "") is Outcome.HOLDS


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("StringEquals", ("a", "b"), Outcome.HOLDS),
        ("StringEquals", ("b", "c"), Outcome.DIFFERS),
        ("StringNotEquals", ("b", "c"), Outcome.HOLDS),
        ("StringNotEquals", ("a", "b"), Outcome.EXCLUDED),
        ("StringEqualsIfExists", ("b",), Outcome.DIFFERS),
        ("StringEquals", (), Outcome.DIFFERS),
        ("StringNotEquals", (), Outcome.HOLDS),
        ("ForAnyValue:StringEquals", ("a",), Outcome.HOLDS),
        ("ForAllValues:StringEquals", ("b",), Outcome.DIFFERS),
    ],
)
def test_several_values_are_or_and_under_negation_nor(operator, values, expected):
    assert outcome(operator, values, "a") is expected


@pytest.mark.parametrize(
    ("operator", "got", "expected"),
    [
        ("ForAnyValue:StringEquals", ("a", "z"), Outcome.HOLDS),
        ("ForAnyValue:StringEquals", ("y", "z"), Outcome.DIFFERS),
        ("ForAllValues:StringEquals", ("a", "b"), Outcome.HOLDS),
        ("ForAllValues:StringEquals", ("a", "z"), Outcome.DIFFERS),
        ("ForAnyValue:StringNotEquals", ("a", "z"), Outcome.HOLDS),
        ("ForAnyValue:StringNotEquals", ("a", "b"), Outcome.EXCLUDED),
        ("ForAllValues:StringNotEquals", ("y", "z"), Outcome.HOLDS),
        ("ForAllValues:StringNotEquals", ("a", "z"), Outcome.EXCLUDED),
        ("ForAllValues:StringEquals", ("a", ""), Outcome.DIFFERS),
    ],
)
def test_set_operators_compare_each_value_of_the_request(operator, got, expected):
    assert outcome(operator, ("a", "b"), got) is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringEqualsIfExists"])
@pytest.mark.parametrize("got", [("a",), ("a", "b")])
def test_a_multivalued_key_without_a_set_operator_is_no_match(operator, got):
    assert outcome(operator, ("a",), got) is Outcome.MULTIVALUED
    assert not Outcome.MULTIVALUED.holds


@pytest.mark.parametrize(
    ("wanted", "got", "expected"),
    [
        ("true", ABSENT, Outcome.ABSENT_HOLDS),
        ("true", EMPTY, Outcome.ABSENT_HOLDS),
        ("true", ("",), Outcome.ABSENT_HOLDS),
        ("true", "x", Outcome.EXCLUDED),
        ("true", "", Outcome.ABSENT_HOLDS),
        ("false", "x", Outcome.HOLDS),
        ("false", "", Outcome.ABSENT),
        ("false", ("x",), Outcome.HOLDS),
        ("false", ABSENT, Outcome.ABSENT),
        ("False", ABSENT, Outcome.ABSENT),
        ("other", ABSENT, Outcome.ABSENT),
        ("other", "x", Outcome.EXCLUDED),
    ],
)
def test_null_asks_for_presence_and_takes_an_empty_text_for_a_null_value(wanted, got, expected):
    assert outcome("Null", (wanted,), got) is expected


@pytest.mark.parametrize("wanted", ["true", "false"])
@pytest.mark.parametrize("got", [ABSENT, EMPTY, ("",), ("x",), "x"])
def test_null_for_all_values_always_holds_and_for_any_value_never(wanted, got):
    assert outcome("ForAllValues:Null", (wanted,), got).holds
    assert not outcome("ForAnyValue:Null", (wanted,), got).holds


def test_null_with_both_values_always_holds():
    assert outcome("Null", ("true", "false"), ABSENT).holds
    assert outcome("Null", ("true", "false"), "x").holds


@pytest.mark.parametrize(
    "operator",
    [
        *("stringEquals", "StringMatches", "", "NullIfExists", "ForEveryValue:StringEquals", ":StringEquals"),
        *("ForAnyValue:", "ForAnyValue:ForAnyValue:StringEquals", "IfExists", "StringEqualsIfExistsIfExists"),
    ],
)
def test_there_are_no_other_operators(operator):
    with pytest.raises(KeyError):
        Condition.compile(operator, KEY, ("x",), True)


def test_a_variable_without_a_value_matches_nothing_so_that_negation_holds():
    assert outcome("StringEquals", ("${aws:username}",), "ann") is Outcome.NO_VARIABLE
    assert outcome("StringEqualsIfExists", ("${aws:username}",), "ann") is Outcome.NO_VARIABLE
    assert outcome("StringNotEquals", ("${aws:username}",), "ann") is Outcome.HOLDS
    assert outcome("ForAnyValue:StringLike", ("${aws:username}",), ("ann",)) is Outcome.NO_VARIABLE


def test_another_value_can_match_beside_a_variable_without_a_value():
    assert outcome("StringEquals", ("${aws:username}", "ann"), "ann") is Outcome.HOLDS
    assert outcome("StringEquals", ("${aws:username}", "ann"), "bob") is Outcome.DIFFERS


def test_variables_have_values_in_documents_of_the_new_version_only():
    assert outcome("StringEquals", ("${aws:username}",), "ann", username="ann") is Outcome.HOLDS
    assert outcome("StringEquals", ("${aws:username}",), "ann", variables=False, username="ann") is Outcome.DIFFERS
    assert outcome("StringEquals", ("${aws:username}",), "${aws:username}", variables=False) is Outcome.HOLDS


@pytest.mark.parametrize("operator", ["NumericEquals", "DateEquals", "IpAddress", "BinaryEquals"])
def test_variables_mean_nothing_to_operators_of_numbers_dates_addresses_and_bytes(operator):
    value = {"IpAddress": "10.0.0.1", "BinaryEquals": "QQ=="}.get(operator, "5")
    assert outcome(operator, ("${aws:x}",), value, x=value) is Outcome.DIFFERS


def test_bool_takes_variables():
    assert outcome("Bool", ("${aws:x}",), "true", x="true") is Outcome.HOLDS
    assert outcome("Bool", ("${aws:x}",), "true", x="false") is Outcome.DIFFERS


def test_a_part_has_both_sides_and_what_variables_stand_for():
    condition = Condition.compile("StringLike", "aws:K", ("${aws:username}-*", "${aws:missing}"), True)
    part = condition.part({"aws:k": "bob-1", "aws:username": "ann"})
    assert part.element == "Condition"
    assert (part.operator, part.key, part.matched, part.outcome) == ("StringLike", "aws:K", False, Outcome.DIFFERS)
    assert part.wanted == ("${aws:username}-*", "${aws:missing}")
    assert part.resolved == ("ann-*", None)
    assert part.got == "bob-1"


def test_a_part_without_variables_resolves_nothing():
    assert Condition.compile("StringLike", KEY, ("x",), True).part({}).resolved == ()
