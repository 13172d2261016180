"""Reasons name the difference, and changes say what to do about it."""

from __future__ import annotations

import pytest

from labkit.iam import Policy, Principal, Request
from labkit.iam.match import match
from labkit.iam.words.reasons import change, listed, reason, without_instead

OWN, OTHER = "592444418872", "111122223333"
LAMBDA = Principal.service("lambda.amazonaws.com")
USER = Principal.aws(f"arn:aws:iam::{OWN}:user/ann")
REPOSITORY = "arn:aws:ecr:eu-central-1:813835382529:repository/r"
FUNCTION = f"arn:aws:lambda:eu-central-1:{OWN}:function:f"


def words(who: Principal, context: dict | None = None, demanded: str = "", **elements: object) -> tuple[str, str]:
    """Reason and change of the one part that fails, or of the last."""
    raw = {"Effect": "Allow", "Action": "ecr:*", **elements}
    statement = Policy.parse({"Version": "2012-10-17", "Statement": raw}).statements[0]
    request = Request(who, "ecr:BatchGetImage", REPOSITORY, None, context or {})
    found = match(statement, request, demanded)
    assert len(found.failed) <= 1
    part = found.failed[0] if found.failed else found.parts[-1]
    return reason(part, request), change(part, request)


def why(who: Principal, operator: str, key: str, wanted: object, context: dict | None = None) -> str:
    return words(who, context, Condition={operator: {key: wanted}})[0]


def mend(who: Principal, operator: str, key: str, wanted: object, context: dict | None = None) -> str:
    return words(who, context, Condition={operator: {key: wanted}})[1]


def test_values_are_listed_as_a_phrase():
    assert listed(("a",)) == "a"
    assert listed(("a", "b")) == "one of a, b"
    assert listed(("a", "b", "c", "d", "e")) == "one of a, b, c, d … (5 in all)"
    assert listed(()) == "nothing"
    assert listed(None) == "absent"
    assert listed("") == "empty"
    assert listed(("",)) == "(empty)"


@pytest.mark.parametrize(
    ("who", "principal", "says"),
    [
        (LAMBDA, {"AWS": OWN}, f"Principal is {OWN}; this request is made by the service lambda.amazonaws.com itself"),
        (USER, {"Service": LAMBDA.name}, f"Principal is the service {LAMBDA.name}; this request is made by {USER.arn}"),
        (USER, {"AWS": OTHER}, f"the caller's account is {OWN}, Principal names {OTHER}"),
        (USER, {"AWS": f"arn:aws:iam::{OTHER}:role/x"}, f"the caller's account is {OWN}, Principal names {OTHER}"),
        (
            USER,
            {"AWS": f"arn:aws:iam::{OWN}:role/x"},
            f"Principal is arn:aws:iam::{OWN}:role/x, the caller is {USER.arn}",
        ),
        (USER, {"AWS": f"arn:aws:iam::{OWN}:user/*"}, f"and * has no meaning inside it; the caller is {USER.arn}"),
        (Principal.anonymous(), {"AWS": OWN}, f"Principal is {OWN}, the caller is an anonymous caller"),
    ],
)
def test_a_principal_that_is_not_named_is_told_apart(who, principal, says):
    told, mended = words(who, Principal=principal)
    assert told.endswith(says)
    assert mended == f"add {who} to Principal"


GONE = "AROA327C6N4AUOWAVWF2Y"


def test_of_a_principal_that_was_deleted_it_is_said_that_one_made_anew_is_another_and_what_to_write():
    told, mended = words(USER, Principal={"AWS": GONE})
    assert told == (
        f"Principal is {GONE}, which is what is left of a role that has been deleted; "
        f"{USER} is somebody else to AWS, even if it was made anew under the same name"
    )
    assert mended == f"write {USER.arn} in place of {GONE}, and Principal means the one that there is now"
    told, _ = words(USER, Principal={"AWS": ["AIDA327C6N4AUOWAVWF2Y", OTHER]})
    assert f", and AIDA327C6N4AUOWAVWF2Y is what is left of a user that has been deleted; {USER}" in told
    told, mended = words(LAMBDA, Principal={"AWS": GONE})
    assert told == f"Principal is {GONE}, which is what is left of a role that has been deleted"
    assert mended == f"add {LAMBDA} to Principal"


def test_what_a_statement_lacks_is_said():
    assert words(USER, demanded="Principal")[0] == "the statement has no Principal, so it is for nobody"
    assert words(USER, demanded="Resource")[0] == "the statement has no Resource, so it is about nothing"


def test_actions_and_resources_are_set_beside_the_request():
    assert words(USER, Action=["ecr:Get*", "s3:*"]) == (
        "Action is one of ecr:Get*, s3:*, the request is for ecr:BatchGetImage",
        "add ecr:BatchGetImage to Action",
    )
    told, mended = words(USER, Resource="arn:aws:ecr:us-east-1:*:repository/r")
    assert told == "the region in Resource is eu-central-1, the pattern wants us-east-1"
    assert mended == f"add {REPOSITORY} to Resource"
    assert words(USER, Resource="arn:aws:s3:::x")[0] == f"Resource is {REPOSITORY}, the policy wants arn:aws:s3:::x"


def test_a_resource_with_a_variable_says_what_it_stands_for():
    pattern = "arn:aws:ecr:*:*:repository/${aws:username}"
    assert words(USER, {"aws:username": "ann"}, Resource=pattern)[0] == (
        "the resource in Resource is repository/r, the pattern wants repository/ann"
    )
    assert words(USER, Resource=pattern)[0].startswith("a variable in arn:aws:ecr")


@pytest.mark.parametrize(
    ("element", "value", "mended"),
    [
        ("NotAction", "ecr:*", "take what covers ecr:BatchGetImage out of NotAction"),
        ("NotResource", "*", f"take what covers {REPOSITORY} out of NotResource"),
        ("NotPrincipal", "*", f"take {USER.arn} out of NotPrincipal"),
    ],
)
def test_not_elements_say_what_they_leave_out(element, value, mended):
    raw = {"Effect": "Allow", "Action": "ecr:*", element: value}
    if element == "NotAction":
        del raw["Action"]
    statement = Policy.parse({"Statement": raw}).statements[0]
    request = Request(USER, "ecr:BatchGetImage", REPOSITORY)
    part = match(statement, request).failed[0]
    assert reason(part, request).startswith(f"{element} is {value}, which leaves out ")
    assert change(part, request) == mended


def test_what_matches_is_said_too():
    assert words(USER)[0] == "Action covers ecr:BatchGetImage"
    assert words(USER, NotResource="arn:aws:s3:::x")[0] == f"NotResource does not list {REPOSITORY}"
    assert why(USER, "StringLike", "aws:x", "a*", {"aws:x": "ab"}) == "StringLike aws:x holds: aws:x is ab"
    assert why(USER, "StringNotEquals", "aws:x", "a") == "aws:x is absent, which StringNotEquals lets pass"


@pytest.mark.parametrize("operator", ["StringLike", "ArnLike", "StringEquals"])
def test_the_field_of_an_arn_that_differs_is_named(operator):
    pattern = f"arn:aws:lambda:eu-central-1:{OTHER}:function:f"
    told = why(LAMBDA, operator, "aws:SourceArn", pattern, {"aws:SourceArn": FUNCTION})
    assert told == f"the account in aws:SourceArn is {OWN}, the pattern wants {OTHER}"
    assert mend(LAMBDA, operator, "aws:SourceArn", pattern, {"aws:SourceArn": FUNCTION}) == (
        f"let aws:SourceArn also be {FUNCTION}"
    )


def test_of_several_arns_the_nearest_are_compared():
    wanted = [f"arn:aws:lambda:*:{n}:function:*" for n in (OTHER, "444455556666")] + ["arn:aws:iam::1:role/x"]
    assert why(LAMBDA, "ArnLike", "aws:SourceArn", wanted, {"aws:SourceArn": FUNCTION}) == (
        f"the account in aws:SourceArn is {OWN}, the pattern wants one of {OTHER}, 444455556666"
    )


def test_arns_that_differ_in_more_than_a_field_are_set_side_by_side():
    wanted = f"arn:aws:iam::{OTHER}:role/x"
    assert why(LAMBDA, "ArnLike", "aws:SourceArn", wanted, {"aws:SourceArn": FUNCTION}) == (
        f"aws:SourceArn is {FUNCTION}, the policy wants {wanted}"
    )


def test_an_empty_field_is_called_empty():
    told = why(USER, "ArnLike", "aws:x", "arn:aws:iam:eu:1:a", {"aws:x": "arn:aws:iam::1:a"})
    assert told == "the region in aws:x is empty, the pattern wants eu"


def test_a_wildcard_that_is_taken_literally_is_pointed_out():
    told = why(USER, "StringEquals", "aws:PrincipalOrgID", "o-*", {"aws:PrincipalOrgID": "o-abc"})
    assert told == "StringEquals takes the * in o-* literally; aws:PrincipalOrgID is o-abc"
    assert mend(USER, "StringEquals", "aws:x", "o-*", {"aws:x": "o-abc"}) == "write StringLike for StringEquals"
    several = ("ForAnyValue:StringEqualsIfExists", "aws:x", ["a", "o-?"], {"aws:x": ["b", "o-a"]})
    assert mend(USER, *several) == "write ForAnyValue:StringLikeIfExists for ForAnyValue:StringEqualsIfExists"
    assert why(USER, "StringEquals", "aws:x", "o-*", {"aws:x": "p"}) == "aws:x is p, the policy wants o-*"
    assert mend(USER, "StringEquals", "aws:x", "o-*", {"aws:x": "p"}) == "let aws:x also be p"
    assert (
        why(USER, "StringEqualsIgnoreCase", "aws:x", "o-*", {"aws:x": "o-abc"})
        == "aws:x is o-abc, the policy wants o-*"
    )


def test_a_pattern_that_is_no_arn_is_pointed_out():
    told = why(LAMBDA, "ArnLike", "aws:SourceArn", "*", {"aws:SourceArn": FUNCTION})
    assert told == "* has no six fields between colons, so ArnLike compares it with nothing"
    several = ["arn:aws:lambda:*", f"arn:aws:lambda:*:{OTHER}:function:*"]
    told = why(LAMBDA, "ForAnyValue:ArnLike", "aws:x", several, {"aws:x": [FUNCTION]})
    assert told == f"aws:x is {FUNCTION}, the policy wants one of {', '.join(several)}"
    assert why(LAMBDA, "StringLike", "aws:x", "b*", {"aws:x": FUNCTION}) == f"aws:x is {FUNCTION}, the policy wants b*"


def test_an_organization_path_without_the_slash_at_its_end_is_pointed_out():
    told = why(LAMBDA, "ForAnyValue:StringLike", "aws:SourceOrgPaths", "o-x/r-a", {"aws:SourceOrgPaths": ["o-x/r-a/"]})
    assert told == "aws:SourceOrgPaths is o-x/r-a/; the slash at its end is missing in the policy's o-x/r-a"
    told = why(LAMBDA, "ForAnyValue:StringLike", "aws:SourceOrgPaths", "o-y/r-a", {"aws:SourceOrgPaths": ["o-x/r-a/"]})
    assert told == "aws:SourceOrgPaths is o-x/r-a/, the policy wants o-y/r-a"
    assert why(LAMBDA, "StringLike", "aws:x", "o-x", {"aws:x": "o-x/"}) == "aws:x is o-x/, the policy wants o-x"


def test_a_difference_in_case_only_is_pointed_out():
    assert why(USER, "StringLike", "aws:x", "Prod", {"aws:x": "prod"}) == (
        "aws:x is prod; upper and lower case differ from Prod"
    )


def test_other_differences_are_set_side_by_side_with_variables_resolved():
    assert why(USER, "StringEquals", "aws:x", ["a", "b"], {"aws:x": "c"}) == "aws:x is c, the policy wants one of a, b"
    assert why(USER, "StringEquals", "aws:x", "${aws:y}", {"aws:x": "c", "aws:y": "d"}) == (
        "aws:x is c, the policy wants ${aws:y} (here d)"
    )
    assert why(USER, "ForAnyValue:StringEquals", "aws:x", "a", {"aws:x": ["b", "c"]}) == (
        "aws:x is b, c, the policy wants a"
    )


def test_a_reason_can_be_had_without_the_key_that_would_do_instead():
    for carried in ("aws:SourceOrgID", "aws:SourceOrgPaths", "aws:Source… keys"):
        said = f"S: aws:x is absent: the request is made by a service; services carry {carried}; aws:y is b."
        assert without_instead(said) == "S: aws:x is absent: the request is made by a service; aws:y is b."
    assert without_instead("aws:x is b, the policy wants a") == "aws:x is b, the policy wants a"


def test_what_a_negated_operator_excludes_is_said():
    assert why(USER, "StringNotEquals", "aws:x", "a", {"aws:x": "a"}) == "aws:x is a, which StringNotEquals a excludes"
    assert mend(USER, "StringNotEquals", "aws:x", "a", {"aws:x": "a"}) == "do not let StringNotEquals exclude a"
    assert why(USER, "Null", "aws:x", "true", {"aws:x": "a"}) == "aws:x is present, and Null wants it to be absent"


@pytest.mark.parametrize(
    ("who", "key", "because"),
    [
        (LAMBDA, "aws:PrincipalOrgID", ": the request is made by a service; services carry aws:SourceOrgID"),
        (LAMBDA, "AWS:principalorgpaths", ": the request is made by a service; services carry aws:SourceOrgPaths"),
        (LAMBDA, "aws:PrincipalOrgManagement", ": the request is made by a service; services carry aws:Source… keys"),
        (LAMBDA, "aws:PrincipalArn", ": the request is made by a service, which is no user or role"),
        (USER, "aws:PrincipalOrgID", ": the caller's account is in no organization"),
        (USER, "aws:SourceArn", ": it is only there when a service makes the request"),
        (USER, "aws:SourceOrgID", ": it is only there when a service makes the request"),
        (LAMBDA, "aws:SourceOrgID", ": the account that the service acts for is in no organization"),
        (LAMBDA, "aws:SourceOrgPaths", ": the account that the service acts for is in no organization"),
        (LAMBDA, "aws:SourceAccount", ""),
        (USER, "aws:SourceIp", ""),
        (USER, "aws:PrincipalArn", ""),
    ],
)
def test_why_a_key_is_absent_is_said_where_it_is_known(who, key, because):
    assert why(who, "StringEquals", key, "x") == f"{key} is absent{because}"


def test_what_to_do_about_an_absent_key():
    assert mend(LAMBDA, "StringEquals", "aws:PrincipalOrgID", "o-x") == (
        "write aws:SourceOrgID for aws:PrincipalOrgID in the statement for the service"
    )
    assert mend(USER, "StringEquals", "aws:SourceIp", "x") == (
        "drop the condition on aws:SourceIp, which this request does not carry"
    )


def test_an_empty_value_counts_as_absent_for_set_operators():
    assert why(USER, "ForAnyValue:StringLike", "aws:x", "a", {"aws:x": []}) == "aws:x is empty, which counts as absent"


def test_a_multivalued_key_without_a_set_operator_never_matches():
    told = why(USER, "StringLike", "aws:x", "a", {"aws:x": ["a"]})
    assert told == (
        "aws:x can have several values, and StringLike without ForAnyValue: or ForAllValues: before it "
        "never matches such a key"
    )
    assert mend(USER, "StringLike", "aws:x", "a", {"aws:x": ["a"]}) == "write ForAnyValue:StringLike"
    assert mend(USER, "StringNotLike", "aws:x", "b", {"aws:x": ["a"]}) == "write ForAllValues:StringNotLike"


def test_a_variable_without_a_value_is_named():
    assert why(USER, "StringEquals", "aws:x", "${aws:y}", {"aws:x": "a"}) == (
        "a variable in ${aws:y} has no value in this request, so aws:x matches nothing"
    )
    assert mend(USER, "StringEquals", "aws:x", "${aws:y}", {"aws:x": "a"}) == (
        "give the variable in ${aws:y} a default value"
    )
