"""Every condition operator, its forms of values, and what is of another form."""

from __future__ import annotations

import pytest

from labkit.iam.conditions import Condition
from labkit.iam.operators import OPERATORS, number, timestamp


def holds(operator: str, wanted: str, got: str) -> bool:
    return Condition.compile(operator, "aws:k", (wanted,), True).part({"aws:k": got}).matched


def test_the_table_has_every_operator_of_the_guide():
    ordered = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    assert set(OPERATORS) == {
        *(f"String{n}" for n in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")),
        *(f"{family}{name}" for family in ("Numeric", "Date") for name in ordered),
        *(f"Arn{name}" for name in ("Equals", "Like", "NotEquals", "NotLike")),
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
    }
    assert all(row.name == name for name, row in OPERATORS.items())


def test_variables_are_known_to_text_arn_and_bool_operators_only():
    known = {row.family for row in OPERATORS.values() if row.variables}
    assert known == {"String", "Arn", "Bool"}
    assert all(row.variables is (row.family in known) for row in OPERATORS.values())


def test_wildcards_are_known_to_like_and_arn_operators_only():
    assert {name for name, row in OPERATORS.items() if row.wildcards} == {
        *("StringLike", "StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
    }


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if row.negated])
def test_a_negated_operator_is_the_opposite_of_its_positive_twin(name):
    positive = name.replace("Not", "")
    values = {"Numeric": ("7", "8"), "Date": ("2020-01-01", "2021-01-01"), "IpAddress": ("10.0.0.1", "10.0.0.2")}
    arn = "arn:aws:iam::592444418872:role/{}"
    same, other = values.get(OPERATORS[name].family, (arn.format("a"), arn.format("b")))
    assert holds(positive, same, same)
    assert not holds(positive, same, other)
    assert not holds(name, same, same)
    assert holds(name, same, other)


@pytest.mark.parametrize(
    ("operator", "less", "equal", "greater"),
    [
        ("Equals", False, True, False),
        ("NotEquals", True, False, True),
        ("LessThan", True, False, False),
        ("LessThanEquals", True, True, False),
        ("GreaterThan", False, False, True),
        ("GreaterThanEquals", False, True, True),
    ],
)
def test_ordered_operators_compare_the_request_with_the_policy(operator, less, equal, greater):
    assert [holds(f"Numeric{operator}", "10", got) for got in ("9", "10", "11")] == [less, equal, greater]
    days = ("2019-12-31T23:59:59Z", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z")
    assert [holds(f"Date{operator}", "2020-01-01", got) for got in days] == [less, equal, greater]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("-5", -5), ("+5", 5), ("007", 7), ("1.50", 1.5), (".5", 0.5), ("5.", 5.0)),
        *(("1e3", 1000.0), ("1E-1", 0.1), ("9007199254740993", 9007199254740993)),
    ],
)
def test_numbers_are_integers_or_decimals(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", "a", "1a", "1_000", " 1", "1 ", "nan", "inf", "-inf", "0x10", "1,5", ".", "-", "٣"]
)
def test_other_texts_are_no_numbers(text):
    assert number(text) is None


def test_large_integers_are_compared_exactly():
    assert not holds("NumericEquals", "9007199254740993", "9007199254740992")


def test_a_decimal_equals_the_integer_of_the_same_value():
    assert holds("NumericEquals", "10", "10.0")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970", 0),
        ("1970-02", 31 * 86400),
        ("1970-01-02", 86400),
        ("1970-01-01T00:01Z", 60),
        ("1970-01-01T00:00:07Z", 7),
        ("1970-01-01T00:00:00.25Z", 0.25),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00-05:30", 5.5 * 3600),
        ("1970-01-01T00:00:09", 9),
        ("1969-12-31T23:59:59Z", -1),
        ("0", 0),
        ("1700000000", 1700000000),
        ("1700000000.5", 1700000000.5),
        ("-10", -10),
        ("2020", 1577836800),
    ],
)
def test_dates_are_w3c_forms_or_epoch_seconds(text, seconds):
    assert timestamp(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2020-13", "2020-02-30", "2020-1-1", "20-01-01", "2020-01-01T25:00Z", "0000"),
        *("2020-01-01T00Z", "2020-01-01 00:00:00Z", "2020-01-01T00:00:00z", "2020-W01", "2020-01-01T00:00:60Z"),
    ],
)
def test_other_texts_are_no_dates(text):
    assert timestamp(text) is None


def test_the_same_moment_in_two_zones_is_equal():
    assert holds("DateEquals", "2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00")


@pytest.mark.parametrize("family", ["Numeric", "Date"])
@pytest.mark.parametrize(("wanted", "got"), [("x", "5"), ("5", "x"), ("x", "x")])
def test_what_is_of_another_form_matches_nothing_so_that_only_negation_holds(family, wanted, got):
    assert not holds(f"{family}Equals", wanted, got)
    assert not holds(f"{family}LessThanEquals", wanted, got)
    assert holds(f"{family}NotEquals", wanted, got)


@pytest.mark.parametrize(
    ("wanted", "got", "fits"),
    [
        ("203.0.113.0/24", "203.0.113.77", True),
        ("203.0.113.0/24", "203.0.114.1", False),
        ("203.0.113.9/24", "203.0.113.1", True),
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.8", False),
        ("0.0.0.0/0", "8.8.8.8", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("2001:DB8:1234:5678::/64", "2001:db8:1234:5678:9::1", True),
        ("2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", False),
        ("2001:db8::1", "2001:0db8:0:0:0:0:0:1", True),
        ("::/0", "203.0.113.9", False),
        ("203.0.113.0/255.255.255.0", "203.0.113.1", False),
        ("203.0.113.0/33", "203.0.113.1", False),
        ("not an address", "203.0.113.1", False),
        ("203.0.113.0/24", "not an address", False),
        ("203.0.113.*", "203.0.113.1", False),
    ],
)
def test_addresses_are_compared_with_networks(wanted, got, fits):
    assert holds("IpAddress", wanted, got) is fits
    assert holds("NotIpAddress", wanted, got) is not fits


@pytest.mark.parametrize(
    ("wanted", "got", "fits"),
    [
        ("true", "true", True),
        ("TRUE", "True", True),
        ("true", "false", False),
        ("false", "false", True),
        ("yes", "yes", False),
        ("1", "1", False),
        ("*", "true", False),
    ],
)
def test_bool_knows_true_and_false_and_nothing_else(wanted, got, fits):
    assert holds("Bool", wanted, got) is fits


@pytest.mark.parametrize(
    ("wanted", "got", "fits"),
    [
        ("QmluYXJ5", "QmluYXJ5", True),
        ("QmluYXJ5", "QmluYXJ6", False),
        ("QmluYXJ5", "qmluyxj5", False),
        ("QQ==", "QQ==", True),
        ("QQ", "QQ", False),
        ("ä", "ä", False),
        ("QQ==", "not base64!", False),
    ],
)
def test_binary_values_are_compared_decoded(wanted, got, fits):
    assert holds("BinaryEquals", wanted, got) is fits


@pytest.mark.parametrize("like", ["ArnLike", "ArnEquals"])
def test_arn_equals_has_wildcards_like_arn_like(like):
    assert holds(like, "arn:aws:iam::*:role/x?", "arn:aws:iam::592444418872:role/xy")
    assert not holds(like, "arn:aws:iam::*:role/x?", "arn:aws:iam::592444418872:role/x")


def test_string_equals_takes_wildcards_and_case_literally():
    assert not holds("StringEquals", "o-*", "o-abc")
    assert holds("StringEquals", "o-*", "o-*")
    assert not holds("StringEquals", "Abc", "abc")
    assert holds("StringEqualsIgnoreCase", "Abc", "aBC")
    assert not holds("StringEqualsIgnoreCase", "a*", "abc")
    assert holds("StringLike", "o-*", "o-abc")
    assert not holds("StringLike", "O-*", "o-abc")
