"""Laws that hold for every request and every policy document, tried on generated ones."""

from __future__ import annotations

import json
import random
import string

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from labkit.errors import PolicyError
from labkit.iam import Decision, Policies, Policy, Principal, Request, counterfactuals, evaluate
from labkit.iam.operators import OPERATORS
from labkit.iam.patterns import Pattern
from labkit.iam.words.explain import explanation
from labkit.show.display import html_of

OWN, OTHER = "592444418872", "813835382529"
ARNS = (
    f"arn:aws:iam::{OWN}:root",
    f"arn:aws:iam::{OWN}:user/ann",
    f"arn:aws:iam::{OWN}:role/Deployer",
    f"arn:aws:sts::{OWN}:assumed-role/Deployer/s1",
)
PRINCIPALS = (
    *map(Principal.aws, ARNS),
    Principal.session(f"arn:aws:sts::{OWN}:federated-user/tmp", ARNS[1]),
    Principal.aws(f"arn:aws:iam::{OTHER}:role/aws-service-role/x/AWSServiceRoleForX"),
    Principal.service("lambda.amazonaws.com"),
    Principal.federated("accounts.google.com"),
    Principal.canonical("c"),
    Principal.anonymous(),
)
KEYS = ("aws:a", "aws:b", "aws:SourceArn")
WORDS = ("", "a", "A", "b", "a*", "*", "?", "5", "7.0", "true", "2020-01-01", "10.0.0.1", "10.0.0.0/8", "QQ==")
TEXTS = st.sampled_from([*WORDS, "${aws:a}", "${aws:a, 'b'}", "${*}", "${", *ARNS, "arn:aws:iam::*:role/*", OWN])
OPERATOR_NAMES = [
    *(
        f"{prefix}{name}{suffix}"
        for prefix in ("", "ForAnyValue:", "ForAllValues:")
        for name in sorted(OPERATORS)
        for suffix in ("", "IfExists")
    ),
    "Null",
    "ForAnyValue:Null",
]


def one_or_list(values, smallest=1):
    return values | st.lists(values, min_size=smallest, max_size=3)


entries = st.sampled_from([*ARNS, OWN, OTHER, "*", "AROA327C6N4AUOWAVWF2Y"])
principal_elements = st.just("*") | st.fixed_dictionaries(
    {},
    optional={
        "AWS": one_or_list(entries),
        "Service": one_or_list(st.sampled_from(["lambda.amazonaws.com", "ecs.amazonaws.com"])),
        "Federated": st.just("accounts.google.com"),
        "CanonicalUser": st.just("c"),
    },
).filter(bool)
actions = one_or_list(st.sampled_from(["*", "ecr:*", "ECR:batchgetimage", "ecr:BatchGet?mage", "s3:*", "sts:*"]))
resources = one_or_list(
    st.sampled_from(
        ["*", f"arn:aws:ecr:*:{OTHER}:repository/r", "arn:aws:s3:::*", "arn:aws:ecr:*:*:repository/${aws:a}"]
    )
)
conditions = st.dictionaries(
    st.sampled_from(OPERATOR_NAMES),
    st.dictionaries(st.sampled_from(KEYS), one_or_list(TEXTS, 0), max_size=2),
    max_size=2,
)


@st.composite
def raw_statements(draw, effect=None, *, resource: bool):
    raw = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    raw[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(actions)
    if resource:
        raw[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(principal_elements)
    else:
        raw[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(resources)
    raw["Condition"] = draw(conditions)
    return raw


def documents(*, resource: bool):
    versions = st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])
    listed = st.lists(raw_statements(resource=resource), min_size=1, max_size=3)
    return st.builds(lambda version, each: {"Version": version, "Statement": each}, versions, listed)


IDENTITY, RESOURCE = documents(resource=False), documents(resource=True)
BOTH = RESOURCE.map(
    lambda document: {**document, "Statement": [{**each, "Resource": "*"} for each in document["Statement"]]}
)
levels = st.none() | st.lists(st.lists(IDENTITY, max_size=2), max_size=2)
bundles = st.fixed_dictionaries(
    {
        "identity": st.lists(IDENTITY, max_size=2),
        "resource": st.none() | RESOURCE,
        "registry": st.none() | BOTH,
        "vpc_endpoint": st.none() | BOTH,
        "boundary": st.lists(IDENTITY, max_size=1),
        "session": st.lists(IDENTITY, max_size=2),
        "scp": levels,
        "rcp": levels,
    }
)
plain = st.sampled_from(["", "a", "b", "5", "6", "true", "2020-01-01", "10.1.1.1", "QQ==", *ARNS])
contexts = st.dictionaries(st.sampled_from(KEYS), plain | st.lists(plain, max_size=2), max_size=3)
unknown = st.frozensets(st.sampled_from([key.lower() for key in KEYS]), max_size=2)
owners, actions_asked = st.sampled_from([None, OWN]), st.sampled_from(["ecr:BatchGetImage"] * 3 + ["sts:AssumeRole"])
requests = st.tuples(st.sampled_from(PRINCIPALS), actions_asked, owners, contexts, unknown).map(
    lambda each: Request(*each[:2], f"arn:aws:ecr:eu-central-1:{OTHER}:repository/r", *each[2:])
)


def decide(request: Request, bundle: dict) -> Decision:
    return evaluate(request, Policies.from_json(bundle))


def refused_by_rule(decision: Decision) -> bool:
    return decision.rule is not None and decision.rule.refusal(decision.request.principal) is not None


@given(requests, bundles)
def test_a_decision_never_raises_and_can_always_be_explained(request, bundle):
    decision = decide(request, bundle)
    assert decision.allowed is (decision.blocked_by is None and not refused_by_rule(decision))
    assert json.loads(json.dumps(explanation(decision)))["decision"] in ("allowed", "denied")
    assert repr(decision).startswith("Allowed: " if decision.allowed else "Denied: ")
    assert html_of(decision).count("<details") == html_of(decision).count("</details>")
    quoted = decision.rule is None or decision.rule.quotes_aws
    named = request.principal.is_iam or (request.principal.kind == "federated" and request.action.startswith("sts:"))
    assert (decision.denial is None) is (decision.allowed or not named or not quoted)


@given(requests, bundles)
def test_every_counterfactual_really_flips_the_decision(request, bundle):
    decision = decide(request, bundle)
    for found in counterfactuals(decision):
        again = decide(request.having(found.key, found.value), bundle)
        assert again.allowed is found.allowed is not decision.allowed


@given(requests, bundles, raw_statements("Deny", resource=False), st.sampled_from(["identity", "boundary", "session"]))
def test_adding_a_deny_to_the_callers_policies_never_allows(request, bundle, deny, kind):
    assume(not decide(request, bundle).allowed)
    present = bundle[kind][0] if bundle[kind] else {"Version": "2012-10-17", "Statement": []}
    document = {**present, "Statement": [*present["Statement"], deny]}
    assert not decide(request, {**bundle, kind: [document, *bundle[kind][1:]]}).allowed


@given(requests, bundles, raw_statements("Deny", resource=True))
def test_adding_a_deny_to_the_resource_policy_never_allows(request, bundle, deny):
    assume(not decide(request, bundle).allowed)
    present = bundle["resource"] or {"Version": "2012-10-17", "Statement": []}
    assert not decide(request, {**bundle, "resource": {**present, "Statement": [*present["Statement"], deny]}}).allowed


@given(requests, bundles, st.sampled_from(["scp", "rcp"]), st.lists(IDENTITY, max_size=2))
def test_adding_a_level_never_allows(request, bundle, kind, level):
    assume(not decide(request, bundle).allowed)
    assert not decide(request, {**bundle, kind: [*(bundle[kind] or []), level]}).allowed


@given(requests, bundles, st.randoms(use_true_random=False))
def test_the_order_of_statements_and_values_is_irrelevant(request, bundle, rng):
    def shuffled(value):
        if isinstance(value, list):
            return rng.sample([shuffled(each) for each in value], len(value))
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in rng.sample(list(value), len(value))}
        return value

    before, after = decide(request, bundle), decide(request, shuffled(bundle))
    assert before.allowed is after.allowed
    assert before.to_dict()["checks"] == after.to_dict()["checks"]


@given(requests, bundles)
def test_an_allow_that_matches_nothing_changes_nothing(request, bundle):
    idle = {"Sid": "Idle", "Effect": "Allow", "Action": "nothing:AtAll", "Resource": "*"}

    def padded(document: dict, who: bool) -> dict:
        more = {**idle, "Principal": "*"} if who else idle
        return {**document, "Statement": [*document["Statement"], more]}

    padding = {kind: [padded(each, who=False) for each in bundle[kind]] for kind in ("identity", "boundary", "session")}
    resource = bundle["resource"] and padded(bundle["resource"], who=True)
    before, after = decide(request, bundle), decide(request, {**bundle, **padding, "resource": resource})
    assert (before.allowed, before.blocked_by) == (after.allowed, after.blocked_by)
    assert before.to_dict()["checks"] == after.to_dict()["checks"]


@given(requests, bundles, st.randoms(use_true_random=False))
def test_the_case_of_actions_and_of_condition_keys_is_irrelevant(request, bundle, rng):
    def mixed(text: str) -> str:
        return "".join(rng.choice((c.lower(), c.upper())) for c in text)

    def statement(raw: dict) -> dict:
        found = dict(raw)
        for name in ("Action", "NotAction"):
            if name in raw:
                found[name] = [mixed(each) for each in ([raw[name]] if isinstance(raw[name], str) else raw[name])]
        # Two spellings of one key are two keys of the JSON object, so that each stays beside the other.
        found["Condition"] = {o: {mixed(k): v for k, v in keys.items()} for o, keys in raw["Condition"].items()}
        return found

    def document(raw: dict) -> dict:
        return {**raw, "Statement": [statement(each) for each in raw["Statement"]]}

    changed = {kind: [document(each) for each in bundle[kind]] for kind in ("identity", "boundary", "session")}
    changed["resource"] = bundle["resource"] and document(bundle["resource"])
    context = {mixed(key): value for key, value in request.context.items()}
    asked = (request.resource, request.resource_account, context, request.unknown)
    again = Request(request.principal, mixed(request.action), *asked)
    assert decide(again, {**bundle, **changed}).allowed is decide(request, bundle).allowed


@given(st.text(string.printable, max_size=20))
def test_the_case_of_a_resource_matters(text):
    assume(text.swapcase() != text)
    assert not Pattern.compile(text, "exact").matches(text.swapcase(), {})


@given(st.text("ab?*:", max_size=12), st.text("ab:", max_size=12))
@example("*ab*ab", "abab")
@example("a?*?b", "axyb")
def test_a_glob_matches_exactly_what_its_definition_says(pattern, text):
    def defined(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return defined(p[1:], t) or (bool(t) and defined(p, t[1:]))
        return bool(t) and (p[0] in ("?", t[0])) and defined(p[1:], t[1:])

    assert Pattern.compile(pattern, "glob").matches(text, {}) is defined(pattern, text)


@given(st.text("ab?*", max_size=8), st.text("ab?*$", max_size=5), st.text("ab?*$", max_size=8))
def test_what_a_variable_stands_for_is_compared_letter_by_letter(before, value, text):
    pattern = Pattern.compile(before + "${aws:v}", "glob", variables=True)
    whole = Pattern.compile(before, "glob").matches(text[: len(text) - len(value)], {}) and text.endswith(value)
    assert pattern.matches(text, {"aws:v": value}) is whole


elements = st.sampled_from(
    [
        *("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "Resource"),
        *("Condition", "StringEquals", "AWS", "Service", "Bogus"),
    ]
)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(KEYS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(elements, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(elements, json_values, max_size=4) | json_values | st.text(max_size=30))
def test_reading_anything_gives_a_policy_or_a_reason(source):
    try:
        policy = Policy.parse(source)  # a text is read as JSON
    except PolicyError as error:
        assert len(str(error)) > 10
        assert str(error).endswith((".", "}.", "?"))
    else:
        assert policy.statements


@settings(max_examples=30)
@given(raw_statements(resource=False), st.data())
def test_breaking_any_part_of_a_statement_names_the_statement(raw, data):
    name = data.draw(st.sampled_from(sorted(raw)))
    broken = {**raw, name: data.draw(st.sampled_from([None, 5, [None], {"x": 1}, [[]]]))}
    good = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    try:
        Policy.parse({"Version": "2012-10-17", "Statement": [good, broken]})
    except PolicyError as error:
        assert "statement 2" in str(error).lower()
    else:
        raise AssertionError(f"{name} was not refused")


@settings(max_examples=20)
@given(
    st.sampled_from(["*", "?", "*a", "a*", "*?", "?a*", "${aws:a}", "${", "${*}"]),
    st.integers(1000, 20_000),
    st.sampled_from(["StringLike", "ArnLike"]),
)
def test_no_pattern_makes_a_decision_hang(unit, times, operator):
    raw = {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {operator: {"aws:b": unit * times + "z"}}}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": raw})
    request = Request(Principal.anonymous(), "a:b", "*", context={"aws:a": "a", "aws:b": "a" * 2000})
    assert not evaluate(request, Policies(resource=policy)).allowed


def test_decisions_do_not_depend_on_what_was_asked_before():
    """The same questions in another order, over policies that remember, have the same answers."""
    rng = random.Random(7)
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "*",
                    "Condition": {"StringLike": {"aws:a": "${aws:b}*"}},
                },
                {"Effect": "Deny", "Principal": {"AWS": OWN}, "Action": "ecr:*"},
            ],
        }
    )
    asked = [
        Request(who, action, "*", OWN, {"aws:a": a, "aws:b": b})
        for who in PRINCIPALS
        for action in ("ecr:x", "s3:x")
        for a in ("", "x", "xy")
        for b in ("", "x", "y")
    ]
    answers = [evaluate(each, Policies(resource=policy)).allowed for each in asked]
    order = rng.sample(range(len(asked)), len(asked))
    assert [evaluate(asked[i], Policies(resource=policy)).allowed for i in order] == [answers[i] for i in order]
