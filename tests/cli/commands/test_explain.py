"""labkit explain, from its arguments to what it prints and exits with."""

from __future__ import annotations

import json

import pytest

from labkit.pull import policies
from tests.cli.commands.questions import FUNCTION, OWN, REPOSITORY, case

LAMBDA = f"explain --principal lambda.amazonaws.com --action ecr:BatchGetImage --resource {REPOSITORY}"


def test_a_request_is_explained_with_what_would_change_the_answer(ask):
    line = f"{LAMBDA} --context aws:SourceArn={FUNCTION.replace(OWN, '111111111111')} --resource-policy p.json"
    code, out, err = ask(line, p=policies.cross_account(OWN))
    assert (code, err) == (1, "")
    assert "✗ Denied: lambda.amazonaws.com is not allowed to call ecr:BatchGetImage" in out
    assert f"the account in aws:SourceArn is 111111111111, the pattern wants {OWN}" in out
    assert f"If aws:SourceArn were {FUNCTION}, it would be allowed." in out
    assert "AWS would say" not in out


def test_an_explanation_as_json(ask):
    line = f"{LAMBDA} --context aws:SourceArn={FUNCTION} --resource-policy p.json --json"
    code, out, _ = ask(line, p=policies.cross_account(OWN))
    data = json.loads(out)
    assert code == 0
    assert data["decision"] == "allowed"
    assert [each["sid"] for each in data["statements"]] == [
        "CrossAccountPermission",
        "LambdaECRImageCrossAccountRetrievalPolicy",
    ]
    assert data["counterfactuals"] == [
        {
            "key": "aws:SourceArn",
            "value": "something-else",
            "sentence": "If aws:SourceArn were something-else, it would be denied.",
        }
    ]


def document(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


EVERYTHING = document({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"})
NOTHING = document({"Sid": "Not", "Effect": "Deny", "Action": "*", "Resource": "*"})
TRUST = document({"Sid": "T", "Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})
GRANT = document({"Sid": "G", "Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "a:*", "Resource": "*"})
LAMBDA_ONLY = document(
    {"Sid": "L", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
ROLE = f"arn:aws:iam::{OWN}:role/R"
USER = f"explain --principal arn:aws:iam::{OWN}:user/ann --action a:b --resource '*'"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("", 1),
        ("--expect denied", 1),
        ("--identity none", 1),
        ("--identity none --expect denied", 0),
        ("--identity all.json", 0),
        ("--identity all.json --identity not.json", 1),
        ("--identity all.json --boundary not.json", 1),
        ("--identity all.json --scp all.json --scp all.json", 0),
        ("--identity all.json --scp all.json --scp not.json", 1),
        ("--identity all.json --rcp not.json", 1),
        ("--identity all.json --session not.json", 1),
        ("--identity all.json --resource-account 111122223333", 1),
        ("--identity all.json --resource-account 111122223333 --resource-policy grant.json", 0),
        ("--identity all.json --vpc-endpoint-policy grant.json", 0),
        ("--identity all.json --vpc-endpoint-policy denied.json", 1),
    ],
)
def test_every_kind_of_policy_can_be_given(ask, options, code):
    denied = document({**GRANT["Statement"][0], "Effect": "Deny"})
    assert ask(f"{USER} {options}", all=EVERYTHING, **{"not": NOTHING}, grant=GRANT, denied=denied)[0] == code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("--identity all.json --trust-policy trust.json", 0),
        ("--trust-policy trust.json", 1),
        ("--identity all.json --trust-policy lambda.json", 1),
        ("--identity all.json", 1),
    ],
)
def test_a_role_is_assumed_only_where_its_trust_policy_allows(ask, options, code):
    line = f"explain --principal arn:aws:iam::{OWN}:user/ann --action sts:AssumeRole --resource {ROLE} {options}"
    assert ask(line, all=EVERYTHING, trust=TRUST, **{"lambda": LAMBDA_ONLY})[0] == code


def test_a_registrys_policy_can_be_given_and_its_statements_are_told_apart(ask):
    registry = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"}
    line = f"{LAMBDA} --context aws:SourceArn={FUNCTION} --resource-policy p.json --registry-policy r.json --json"
    code, out, _ = ask(line, p=policies.cross_account(OWN), r=document(registry))
    assert code == 1
    assert json.loads(out)["nearest_miss"]["document"] == "registry"


def test_a_trust_policy_is_for_actions_that_ask_one(ask):
    code, out, err = ask(f"{USER} --trust-policy trust.json", trust=TRUST)
    assert (code, out) == (2, "")
    assert err == "labkit: --trust-policy is for sts:AssumeRole and its siblings; a:b asks no trust policy.\n"


def test_a_principal_is_found_by_its_unique_id(ask):
    by_id = document({"Effect": "Allow", "Principal": {"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, "Action": "a:*"})
    line = f"{USER} --resource-policy p.json"
    assert ask(f"{line} --principal-id AIDACKCEVSQ6C2EXAMPLE --expect allowed --json", p=by_id)[1].count('"ALLOW"') == 1
    assert '"ALLOW"' not in ask(f"{line} --json", p=by_id)[1]


REFUSED = {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:sts::{OWN}:assumed-role/app/*"}, "Action": "ecr:*"}


def test_what_aws_would_not_store_is_said_and_is_no_yes(ask):
    policy = document(REFUSED, {**REFUSED, "Effect": "Allow", "Principal": "*"})
    code, out, _ = ask(f"{LAMBDA} --resource-policy p.json", p=policy)
    assert code == 1
    assert "✓ Allowed: " in out
    assert "AWS would not store the resource policy as an ECR repository policy: " in " ".join(out.split())
    told = json.loads(ask(f"{LAMBDA} --resource-policy p.json --json", p=policy)[1])["refused"]
    assert len(told) == 1
    one = case(policies={"resource": policy})
    code, out, _ = ask("evaluate c.json --json", c=one)
    assert (code, json.loads(out)[0]["refused"]) == (1, told)
    assert json.loads(out)[0]["reasons"][-1] == told[0]
    assert told[0] in " ".join(ask("evaluate c.json", c=one)[1].split())
    assert ask("evaluate c.json --expect allowed", c=one)[0] == 0


def test_rcp_full_aws_access_is_no_policy_that_aws_would_refuse(ask):
    full = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
    own = policies.cross_account(OWN)
    assert ask("evaluate c.json", c=case(policies={"resource": own, "rcp": [[full], []]}))[0] == 0
    narrow = document({"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"})
    assert ask("evaluate c.json", c=case(policies={"resource": own, "rcp": [[narrow]]}))[0] == 1


def test_awss_own_sentence_is_shown(ask):
    out = ask(f"{USER} --identity none")[1]
    assert f"AWS would say: User: arn:aws:iam::{OWN}:user/ann is not authorized to perform: a:b on resource: *" in out


def test_a_caller_whose_policies_were_not_given_is_not_denied_as_if_aws_had(ask):
    code, out, _ = ask(f"{USER} --scp all.json", all=EVERYTHING)
    assert code == 1
    assert out.startswith(f"· Not known: whether arn:aws:iam::{OWN}:user/ann is allowed to call a:b on *\n")
    assert "No --identity was given, so what the caller's own policies say is not known." in out
    assert "AWS would say" not in out and "✗" not in out
    data = json.loads(ask(f"{USER} --json")[1])
    assert (data["decision"], data["denial"], len(data["not_known"])) == ("denied", None, 1)


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ("--scp not.json", 1, "✗ Denied"),
        ("--resource-policy grant.json", 0, "✓ Allowed"),
        ("--resource-policy grant.json --resource-account 111122223333", 1, "· Not known"),
        ("--resource-account 111122223333", 1, "✗ Denied"),
    ],
)
def test_what_is_certain_without_the_callers_policies_is_said(ask, options, code, says):
    grant = document({**GRANT["Statement"][0], "Principal": {"AWS": f"arn:aws:iam::{OWN}:user/ann"}})
    found = ask(f"{USER} {options}", **{"not": NOTHING}, grant=grant)
    assert (found[0], found[1].startswith(says)) == (code, True)


def test_a_policy_is_taken_out_of_an_answer_of_awss(ask):
    answer = {"registryId": OWN, "repositoryName": "r", "policyText": json.dumps(policies.cross_account(OWN))}
    assert ask(f"{LAMBDA} --context aws:SourceArn={FUNCTION} --resource-policy p.json", p=answer)[0] == 0
    none = "An error occurred (RepositoryPolicyNotFoundException) when calling the GetRepositoryPolicy operation: no"
    code, out, _ = ask(f"{LAMBDA} --context aws:SourceArn={FUNCTION} --resource-policy p.json", p=none)
    assert (code, "There is no resource-based policy" in out) == (1, True)


def test_no_what_if_is_offered_that_can_never_be(ask):
    wrong_side = policies.cross_account(OWN)
    for statement in wrong_side["Statement"]:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:SourceAccount": OWN}}
    out = ask(f"{LAMBDA} --context aws:SourceAccount={OWN} --resource-policy p.json", p=wrong_side)[1]
    assert (
        "If aws:" not in out and "write aws:SourceOrgID for aws:PrincipalOrgID in the statement for the service" in out
    )
    own = document({**EVERYTHING["Statement"][0], "Condition": {"ArnLike": {"aws:PrincipalArn": f"{ROLE}*"}}})
    assert "If aws:" not in ask(f"{USER} --identity own.json", own=own)[1]


def test_principals_of_all_forms_can_be_given(ask):
    session = f"arn:aws:sts::{OWN}:assumed-role/R/s"
    policy = {"Statement": {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:role/path/R"}, "Action": "*"}}
    line = f"explain --principal {session} --action a:b --resource '*' --resource-policy p.json"
    assert ask(line, p=policy)[0] == 1
    assert ask(f"{line} --role arn:aws:iam::{OWN}:role/path/R", p=policy)[0] == 0
    everybody = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}
    for who in ("'*'", OWN, "ecs.amazonaws.com"):
        assert (
            ask(f"explain --principal {who} --action a:b --resource '*' --resource-policy p.json", p=everybody)[0] == 0
        )


def test_a_key_with_several_values_is_a_list(ask):
    policy = policies.organization_paths("o-abcdefghij/*")
    line = f"{LAMBDA} --resource-policy p.json --context"
    assert ask(f"{line} 'aws:SourceOrgPaths=[\"o-abcdefghij/r-ab12/\"]'", p=policy)[0] == 0
    assert ask(f"{line} 'aws:SourceOrgPaths=o-abcdefghij/r-ab12/'", p=policy)[0] == 0
    assert ask(f"{line} 'aws:SourceOrgPaths=[\"o-other12345/r-ab12/\"]'", p=policy)[0] == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"{LAMBDA} --context x", "labkit: --context 'x' is not KEY=VALUE"),
        (f"{LAMBDA} --context =x", "labkit: --context '=x' is not KEY=VALUE"),
        (f"{LAMBDA} --context a:b=1 --context a:b=2", "labkit: --context gives a:b twice"),
        (f"{LAMBDA} --context 'a:b=[x'", "labkit: --context a:b begins with [ but is not a JSON list"),
        (f"{LAMBDA} --context 'a:b=[{{}}]'", "labkit: The value of a:b must be a text or a list of texts"),
        (f"{LAMBDA} --resource-policy none.json", "labkit: none.json: It cannot be read"),
        (f"{LAMBDA} --resource-policy bare.json", "labkit: bare.json: This is a bare statement, not a policy."),
        (f"{LAMBDA} --resource-policy all.json", "labkit: In the resource policy: All has no Principal"),
        (f"{LAMBDA} --resource-policy all.json --trust-policy all.json", "labkit: Give --resource-policy or --trust"),
        ("explain --principal ann --action a:b --resource '*'", "labkit: 'ann' is not the ARN of a principal"),
        ("explain --action a:b --resource '*'", "labkit explain: the following arguments are required: --principal"),
    ],
)
def test_bad_options_get_one_sentence_and_exit_code_2(ask, line, says):
    code, out, err = ask(line, all=EVERYTHING, bare=EVERYTHING["Statement"][0])
    assert (code, out) == (2, "")
    assert err.startswith(says)
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["evaluate", "explain"])
def test_help_has_an_example(ask, command):
    code, out, _ = ask(f"{command} --help")
    assert code == 0
    assert f"  labkit {command} " in out
