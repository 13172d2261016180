"""Made-up policy documents for the properties: of any form, and such as mostly pass."""

from __future__ import annotations

from hypothesis import strategies as st

from labkit.check import DOCUMENT_KINDS

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=20)
WORDS = st.sampled_from(
    [
        "*", "ecr:*", "ecr:BatchGetImage", "arn:aws:ecr:*:*:*", "arn:*", "592444418872", "lambda.amazonaws.com",
        "Allow", "Deny", "2012-10-17", "2008-10-17", "o-x/*", "${aws:username}", "true", "10",
        "arn:aws:iam::592444418872:root", "", "?", "sts:AssumeRole", "arn:aws:lambda:*:592444418872:function:*",
    ]
)  # fmt: skip
LEAVES = WORDS | st.lists(WORDS, max_size=3) | JSON
OPERATORS = st.sampled_from(
    ["StringEquals", "ForAnyValue:StringLike", "ForAllValues:ArnLike", "NullIfExists", "Null", "Bool", "DateEquals",
     "NotIpAddress", "x:StringEquals", "NumericLessThanIfExists", "BinaryEquals", ":", "ForAnyValue:Null"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["aws:SourceArn", "aws:PrincipalOrgPaths", "aws:SourceOrgID", "x", "aws:PrincipalTag/a", "", "~/"]
)
CONDITION = st.dictionaries(OPERATORS, st.dictionaries(KEYS, LEAVES, max_size=2) | JSON, max_size=2)
PRINCIPAL = st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser", "x"]), LEAVES, max_size=2)
STATEMENT = st.fixed_dictionaries(
    {},
    optional={
        "Sid": WORDS | JSON,
        "Effect": st.sampled_from(["Allow", "Deny"]) | JSON,
        "Principal": PRINCIPAL | LEAVES,
        "NotPrincipal": PRINCIPAL | LEAVES,
        "Action": LEAVES,
        "NotAction": LEAVES,
        "Resource": LEAVES,
        "NotResource": LEAVES,
        "Condition": CONDITION | JSON,
        "Other": JSON,
    },
)
DOCUMENT = st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENT | JSON, max_size=3) | STATEMENT | JSON},
    optional={"Version": WORDS | JSON, "Id": JSON, "x": JSON},
)
KIND = st.sampled_from([None, *DOCUMENT_KINDS.values()])


# Policies that mostly pass, so that what passes is put to the test.
GOOD_ACTION = st.sampled_from(["ecr:BatchGetImage", "ecr:*", "ECR:get*", "ecr:?*", "ecr:Unknown"])
GOOD_RESOURCE = st.sampled_from(["*", "arn:aws:ecr:*:*:repository/${aws:username}", "arn:*", "arn:aws:ecr*"])
GOOD_PRINCIPAL = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["592444418872", "arn:aws:iam::592444418872:role/path/Deployer"]},
        {"AWS": "arn:aws:sts::592444418872:federated-user/carl", "Service": "lambda.amazonaws.com"},
    ]
)
GOOD_OPERATOR = st.sampled_from(
    [
        "StringEquals",
        "ForAnyValue:StringLikeIfExists",
        "ForAllValues:ArnLike",
        "Null",
        "Bool",
        "DateEquals",
        "IpAddress",
    ]
)
GOOD_VALUES = WORDS | st.lists(WORDS | SCALARS, max_size=2) | SCALARS
GOOD_CONDITION = st.dictionaries(GOOD_OPERATOR, st.dictionaries(KEYS, GOOD_VALUES, max_size=2), max_size=2)


def nearly_right(principal: bool, resource: bool) -> st.SearchStrategy[dict[str, object]]:
    """Documents with the elements of a repository policy (a principal) or an identity policy (a resource)."""
    required = {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": GOOD_ACTION | st.lists(GOOD_ACTION, min_size=1)}
    required |= {"Principal": GOOD_PRINCIPAL} if principal else {}
    required |= {"Resource": GOOD_RESOURCE} if resource else {}
    statement = st.fixed_dictionaries(required, optional={"Condition": GOOD_CONDITION, "Sid": st.just("Sid")})
    return st.fixed_dictionaries({"Version": st.sampled_from(["2012-10-17", "2008-10-17"]), "Statement": statement})
