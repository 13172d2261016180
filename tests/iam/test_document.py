"""Policy documents: what is read, and what is refused with the place and the reason."""

from __future__ import annotations

import json

import pytest

from labkit.errors import PolicyError
from labkit.iam import Policy

ALLOW = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}


def parse(*statements, **more) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements), **more})


def complaint(source) -> str:
    with pytest.raises(PolicyError) as caught:
        Policy.parse(source if isinstance(source, str) else json.dumps(source))
    return str(caught.value)


def about(statement: dict) -> str:
    return complaint({"Version": "2012-10-17", "Statement": [ALLOW, statement]})


def test_a_document_becomes_statements_in_their_order():
    policy = Policy.parse({"Version": "2008-10-17", "Id": "x", "Statement": [{**ALLOW, "Sid": "One"}, ALLOW]}, "mine")
    assert policy.version == "2008-10-17"
    assert [(each.index, each.sid, each.label) for each in policy.statements] == [
        (0, "One", "One"),
        (1, "", "statement 2 of mine"),
    ]
    assert policy.name == "mine"
    assert json.loads(policy.source)["Id"] == "x"
    assert repr(policy) == "<Policy mine: One, statement 2 of mine>"


def test_a_single_statement_needs_no_list():
    assert len(Policy.parse({"Statement": ALLOW}).statements) == 1


def test_a_document_without_version_is_one_of_the_old_version():
    assert Policy.parse({"Statement": ALLOW}).version == "2008-10-17"


def test_the_same_text_is_compiled_once():
    text = json.dumps({"Statement": ALLOW})
    assert Policy.parse(text) is Policy.parse(text)


def test_elements_are_kept_with_what_they_list():
    statement = parse(
        {
            "Sid": "S",
            "Effect": "Deny",
            "NotPrincipal": {"AWS": ["111122223333"], "Service": "lambda.amazonaws.com"},
            "NotAction": ["ecr:Get*", "ecr:Put*"],
            "NotResource": "arn:aws:ecr:*:*:repository/${aws:username}",
            "Condition": {"StringLike": {"aws:A": "x", "aws:B": ["${aws:c}", "z"]}, "Null": {"aws:D": True}},
        }
    ).statements[0]
    assert (statement.effect, statement.allows, statement.not_principal) == ("Deny", False, True)
    assert [(e.kind, e.text) for e in statement.principal] == [
        ("AWS", "111122223333"),
        ("Service", "lambda.amazonaws.com"),
    ]
    assert (statement.action.name, statement.action.negated) == ("NotAction", True)
    assert [p.text for p in statement.action.patterns] == ["ecr:Get*", "ecr:Put*"]
    assert (statement.resource.name, statement.resource.negated) == ("NotResource", True)
    assert [(c.operator, c.key, c.values) for c in statement.conditions] == [
        ("StringLike", "aws:A", ("x",)),
        ("StringLike", "aws:B", ("${aws:c}", "z")),
        ("Null", "aws:D", ("true",)),
    ]
    assert statement.variables == ("aws:username", "aws:c")
    assert statement.keys == ("aws:a", "aws:b", "aws:d", "aws:username", "aws:c")


def test_everything_shows_itself_briefly():
    statement = parse({**ALLOW, "Sid": "S", "Condition": {"Bool": {"aws:x": "true"}}}).statements[0]
    shown = [repr(each) for each in (statement, statement.action, statement.conditions[0])]
    assert shown == ["<Statement S: Allow>", "<Action ['ecr:*']>", "<Condition Bool aws:x ['true']>"]
    assert repr(Policy.parse({"Statement": ALLOW})) == "<Policy without a name: statement 1>"


def test_numbers_and_booleans_are_values_as_text():
    condition = parse({**ALLOW, "Condition": {"NumericEquals": {"a:b": [1, 2.5, True, False, "x"]}}}).statements[0]
    assert condition.conditions[0].values == ("1", "2.5", "true", "false", "x")


def test_empty_conditions_are_none():
    assert parse({**ALLOW, "Condition": {}}).statements[0].conditions == ()
    assert parse({**ALLOW, "Condition": {"StringEquals": {}}}).statements[0].conditions == ()
    assert parse({**ALLOW, "Condition": {"StringEquals": {"aws:x": []}}}).statements[0].conditions[0].values == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON: the text is empty (line 1, column 1)"),
        ('{"Statement":\n [}', "not JSON: a value is missing before } (line 2, column 3)"),
        ("[]", "not a JSON object"),
        ('"x"', "not a JSON object"),
        ("{}", "no Statement"),
        ('{"Statement": []}', "no Statement"),
        ('{"Statement": null}', "no Statement"),
        ('{"Statement": ["x"]}', "Statement 1 is not a JSON object"),
        ('{"Version": "2012-10-18", "Statement": []}', "Version is '2012-10-18'; it must be 2012-10-17"),
        ('{"Version": 2012, "Statement": []}', "Version is 2012"),
        ('{"Version": [], "Statement": []}', "Version is []"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "The key 'Version' stands twice"),
        ('{"Statement": NaN}', "NaN is no value"),
        ('{"Statement": -Infinity}', "-Infinity is no value"),
        ('{"Statement": ' + "9" * 5000 + "}", "number with too many digits"),
        ("[" * 200_000, "nested too deeply"),
        ('{"Statement": {"Sid": "\\ud800"}}', "lone surrogate"),
        ('{"Statement": {"Sid": "\ud800"}}', "lone surrogate"),
        (json.dumps(ALLOW), 'bare statement, not a policy. Put it into a document: {"Version": "2012-10-17"'),
        (json.dumps({"statement": ALLOW}), "Unknown element 'statement' in the policy; did you mean 'Statement'?"),
        (json.dumps({"Xyz": 1}), "Unknown element 'Xyz' in the policy; known are Version, Id, Statement."),
    ],
)
def test_a_text_that_is_no_document_is_refused_with_the_reason(text, says):
    assert says in complaint(text)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ({**ALLOW, "Sid": 1}, "The Sid of statement 2 is not a text"),
        ({**ALLOW, "Efect": 1}, "Unknown element 'Efect' in statement 2; did you mean 'Effect'?"),
        ({"Action": "a:b"}, "Effect of statement 2 is None; it must be 'Allow' or 'Deny'"),
        ({**ALLOW, "Effect": "allow", "Sid": "S"}, "Effect of statement 2 (S) is 'allow'"),
        ({**ALLOW, "Effect": []}, "Effect of statement 2 is []"),
        ({"Effect": "Allow", "Resource": "*"}, "Statement 2 has neither Action nor NotAction"),
        ({**ALLOW, "NotAction": "*"}, "Statement 2 has both Action and NotAction"),
        ({**ALLOW, "NotResource": "*"}, "has both Resource and NotResource"),
        ({**ALLOW, "Principal": "*", "NotPrincipal": "*"}, "has both Principal and NotPrincipal"),
        ({**ALLOW, "Action": []}, "Action of statement 2 must be a text or a list of texts"),
        ({**ALLOW, "Action": [1]}, "Action of statement 2 must be a text"),
        ({**ALLOW, "Action": "BatchGetImage"}, "holds 'BatchGetImage'; it needs a prefix, such as ecr:BatchGetImage"),
        ({**ALLOW, "Resource": ""}, "Resource of statement 2 holds ''; it needs a prefix, such as arn:aws:ecr"),
        ({**ALLOW, "Resource": None}, "Resource of statement 2 must be a text"),
        ({**ALLOW, "Principal": "111122223333"}, 'Principal of statement 2 must be "*" or an object such as'),
        ({**ALLOW, "Principal": {}}, 'must be "*" or an object'),
        (
            {**ALLOW, "Principal": {"Aws": "*"}},
            "Unknown element 'Aws' in Principal of statement 2; did you mean 'AWS'?",
        ),
        ({**ALLOW, "NotPrincipal": {"AWS": []}}, "AWS in NotPrincipal of statement 2 must be a text"),
        ({**ALLOW, "Condition": []}, "Condition of statement 2 must be an object of operators"),
        (
            {**ALLOW, "Condition": {"StringEquals": "x"}},
            "StringEquals in statement 2 must be an object of condition keys",
        ),
        ({**ALLOW, "Condition": {"StringIs": {"a": "b"}}}, "Unknown condition operator 'StringIs' in statement 2"),
        (
            {**ALLOW, "Condition": {"StringEquals": {"a:b": {}}}},
            "The value of a:b in statement 2 must be a text, a number",
        ),
        ({**ALLOW, "Condition": {"StringEquals": {"a:b": [None]}}}, "The value of a:b in statement 2 must be a text"),
    ],
)
def test_a_statement_that_aws_refuses_is_refused_with_its_place_and_the_reason(statement, says):
    assert says in about(statement)


def test_the_place_keeps_the_case_of_a_sid():
    assert about({**ALLOW, "Sid": "MySid", "NotAction": "*"}).startswith("Statement 2 (MySid) has both")


@pytest.mark.parametrize("source", [object(), {"Statement": {1, 2}}, b"{}", {("a",): 1}])
def test_what_is_neither_text_nor_data_of_json_is_refused(source):
    with pytest.raises(PolicyError, match="neither JSON text nor made of what JSON has"):
        Policy.parse(source)


def test_data_that_contains_itself_is_refused():
    source: dict = {"Statement": []}
    source["Statement"].append(source)
    with pytest.raises(PolicyError):
        Policy.parse(source)


def test_data_that_is_nested_too_deeply_is_refused():
    source: dict = {}
    for _ in range(100_000):
        source = {"Statement": source}
    with pytest.raises(PolicyError, match="nested too deeply"):
        Policy.parse(source)


def test_a_megabyte_of_document_is_read():
    statement = {**ALLOW, "Resource": [f"arn:aws:ecr:*:*:repository/{i:08d}*" for i in range(25_000)]}
    assert len(parse(statement).statements[0].resource.patterns) == 25_000


def test_many_keys_twice_are_refused_without_delay():
    pairs = ", ".join(f'"k{i}": 1' for i in range(20_000))
    assert "The key 'k7' stands twice" in complaint("{" + pairs + ', "k7": 2}')
