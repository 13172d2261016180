"""What AWS answers to documents that it refuses: one sentence for each, in AWS's words where they are known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.check import DOCUMENT_KINDS, ERROR, check, refusal
from tests.check.policies import github_may

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
PREFIX = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
VENDOR = "Resource vendor must be fully qualified and cannot contain regexes."
VERSION = "Policy document must be version 2012-10-17 or greater."
SAME_SID = "Statement IDs (SID) in a single policy must be unique."
LAMBDA = {"Service": "lambda.amazonaws.com"}
REPOSITORY = "arn:aws:ecr:eu-central-1:813835382529:repository/app"


def document(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def may(**changes: Any) -> str:
    """An identity policy that IAM takes, with changes to its statement; None leaves an element out."""
    right = {"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": REPOSITORY}
    return document({name: value for name, value in {**right, **changes}.items() if value is not None})


def when(operator: str, values: Any) -> str:
    return may(Condition={operator: values})


def trusts(**changes: Any) -> str:
    right = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": LAMBDA}
    return document({name: value for name, value in {**right, **changes}.items() if value is not None})


MANAGED = (
    ("no JSON", "{", SYNTAX),
    ("JSON, but no object", "[]", SYNTAX),
    ("no statement", '{"Version": "2012-10-17"}', SYNTAX),
    ("an empty list of statements", document(), SYNTAX),
    ("a statement that is a text", document("Allow"), SYNTAX),
    ("an element nobody knows", may(Actions="ecr:*"), SYNTAX),
    ("an element nobody knows, outside", document({"Effect": "Allow"}, Comment="x"), SYNTAX),
    ("a version that never was", '{"Version": "2012-10-18", "Statement": []}', SYNTAX),
    ("no version", json.dumps({"Statement": json.loads(may())["Statement"]}), VERSION),
    ("the old version", may().replace("2012-10-17", "2008-10-17"), VERSION),
    ("no effect", may(Effect=None), SYNTAX),
    ("another effect", may(Effect="Permit"), SYNTAX),
    ("an effect in capitals", may(Effect="ALLOW"), LEGACY),
    ("both forms of Action", may(NotAction="ecr:PutImage"), SYNTAX),
    ("both forms of Resource", may(NotResource=REPOSITORY), SYNTAX),
    ("an object as Action", may(Action={"ecr": "*"}), SYNTAX),
    ("a condition that is a list", may(Condition=[]), SYNTAX),
    ("an operator without keys", may(Condition={"StringEquals": "x"}), SYNTAX),
    ("an operator in the wrong case", when("stringEquals", {"aws:SourceAccount": "813835382529"}),
     "Invalid Condition type : stringEquals"),
    ("an operator in the wrong case, after a set operator", when("ForAnyValue:Stringlike", {"aws:TagKeys": "a"}),
     "Invalid Condition type : ForAnyValue:Stringlike"),
    ("an operator that there is not", when("StringMatches", {"aws:SourceAccount": "813835382529"}), SYNTAX),
    ("two colons before the operator", when("ForAnyValue::StringLike", {"aws:TagKeys": "a"}), SYNTAX),
    ("a date that is a word", when("DateLessThan", {"aws:CurrentTime": "tomorrow"}), LEGACY),
    ("a day that no month has", when("DateLessThan", {"aws:CurrentTime": "2026-01-32"}), LEGACY),
    ("a second beyond all time", when("DateLessThan", {"aws:EpochTime": "9" * 19}), LEGACY),
    ("a Sid with a hyphen", may(Sid="pull-images"), "Statement IDs (SID) must be alpha-numeric. "
     "Check that your input satisfies the regular expression [0-9A-Za-z]*"),
    ("the same Sid twice", document(*[{**json.loads(may())["Statement"][0], "Sid": "Pull"}] * 2), SAME_SID),
    ("a principal", may(Principal=LAMBDA), "Policy document should not specify a principal."),
    ("a principal instead of a resource", trusts(), "Policy document should not specify a principal."),
    ("no action", may(Action=None), "Policy statement must contain actions."),
    ("an empty list of actions", may(Action=[]), "Policy statement must contain actions."),
    ("an action without a service", may(Action="BatchGetImage"), PREFIX),
    ("a service that is no word", may(Action="ecr*:Get"), "Vendor ecr* is not valid"),
    ("an action with two colons", may(Action="ecr:Batch:GetImage"), "Actions/Condition can contain only one colon."),
    ("no resource", may(Resource=None), "Policy statement must contain resources."),
    ("an empty list of resources", may(Resource=[]), "Policy statement must contain resources."),
    ("a name as resource", may(Resource="app"), 'Resource app must be in ARN format or "*".'),
    ("a partition that is none", may(Resource="arn:amazon:ecr:eu-central-1:813835382529:repository/app"),
     'Partition "amazon" is not valid for resource '
     '"arn:amazon:ecr:eu-central-1:813835382529:repository/app".'),
    ("a partition and nothing else", may(Resource="arn:amazon"),
     'Partition "amazon" is not valid for resource "arn:amazon:*:*:*:*".'),
    ("no service", may(Resource="arn:aws"), VENDOR),
    ("a wildcard in the service", may(Resource="arn:aws:e*:*:*:*"), VENDOR),
    ("an empty service", may(Resource="arn:aws::eu-central-1:813835382529:repository/app"), LEGACY),
    ("a field too few", may(Resource="arn:aws:s3::bucket"), LEGACY),
    ("IAM in a region", may(Resource="arn:aws:iam:eu-central-1:813835382529:role/R"),
     "IAM resource arn:aws:iam:eu-central-1:813835382529:role/R cannot contain region information."),
    ("S3 in a region", may(Resource="arn:aws:s3:eu-central-1::bucket"),
     "Resource arn:aws:s3:eu-central-1::bucket can not contain region information."),
    ("nothing that IAM has", may(Resource="arn:aws:iam::813835382529:roles/R"),
     'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
     "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."),
)  # fmt: skip
OF_SEVERAL = (
    ("syntax before the version", '{"Statement": []}', SYNTAX),
    ("the version before the effect's case", may(Effect="allow").replace("2012-10-17", "2008-10-17"), VERSION),
    ("the effect's case before actions", may(Effect="allow", Action=None), LEGACY),
    ("Sids before actions", document(*[{"Effect": "Allow", "Sid": "A"}] * 2), SAME_SID),
    ("actions before resources", may(Action=None, Resource="x"), "Policy statement must contain actions."),
    ("resources before prefixes", may(Action="x", Resource="x"), 'Resource x must be in ARN format or "*".'),
    ("prefixes before missing resources", may(Action="x", Resource=None), PREFIX),
)
TRUST = (
    ("no JSON", "{,}", "This policy contains invalid Json"),
    ("everyone, bare", trusts(Principal="*"), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
    ("a pattern", trusts(Principal={"AWS": "arn:aws:iam::813835382529:role/*"}),
     'Invalid principal in policy: "AWS":"arn:aws:iam::813835382529:role/*"'),
    ("a service's short name", trusts(Principal={"Service": "lambda"}),
     'Invalid principal in policy: "SERVICE":"lambda"'),
    ("no principal", trusts(Principal=None),
     "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
     "The passed in policy has a statement with no principals!"),
    ("a resource", trusts(Resource="*"), "Has prohibited field Resource"),
    ("an action of another service", trusts(Action="lambda:InvokeFunction"),
     "AssumeRole policy may only specify STS AssumeRole actions."),
    ("an operator in the wrong case",
     trusts(Condition={"stringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
     "Invalid Condition type : stringEquals"),
    ("GitHub, whoever signs in there", github_may("aud"),
     "Trust policy with trusted principal arn:aws:iam::813835382529:oidc-provider/token.actions.githubusercontent.com "
     "must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, "
     "token.actions.githubusercontent.com:sub or token.actions.githubusercontent.com:job_workflow_ref "
     "which is not scoped to all."),
    ("GitLab, whoever signs in there", github_may("sub", "*", "gitlab.com"),
     "Trust policy with trusted principal arn:aws:iam::813835382529:oidc-provider/gitlab.com must evaluate, "
     "using StringEquals, StringLike or StringEqualsIgnoreCase, gitlab.com:sub which is not scoped to all."),
    ("every action", trusts(Action="*"), "AssumeRole policy may only specify STS AssumeRole actions."),
)  # fmt: skip
TAKEN = (
    ("trust", github_may("sub", "repo:*")),  # measured: everybody's too, and IAM takes it
    ("trust", github_may("aud", host="idp.example.com")),
    ("managed", may()),
    ("managed", may(Resource="*")),
    ("managed", may(Resource=["*", None])),
    ("managed", may(Resource="arn:*:ecr:*:*:*")),
    ("managed", may(Resource="arn:aws:ecr:*")),
    ("managed", may(Resource="arn:aws:iam::813835382529:*")),
    ("managed", may(Action="ecr: BatchGetImage")),
    ("managed", may(Action="nobody.knows:It")),
    ("managed", may(Condition={})),
    ("managed", when("StringEqual", {})),
    ("managed", when("DateLessThan", {"aws:CurrentTime": "2026-1-2t3:04+05"})),
    ("managed", when("Bool", {"aws:SecureTransport": True})),
    ("managed", document(json.loads(may())["Statement"][0], Id="Mine")),
    ("managed", document(*[{**json.loads(may())["Statement"][0], "Sid": ""}] * 2)),
    ("identity", may().replace("2012-10-17", "2008-10-17")),
    ("session", may()),
    ("trust", trusts()),
    ("trust", trusts(Principal={"AWS": "*"})),
    ("trust", trusts(Action=["sts:AssumeRole", "sts:TagSession"])),
)


@pytest.mark.parametrize(("text", "sentence"), [row[1:] for row in MANAGED], ids=[row[0] for row in MANAGED])
@pytest.mark.aws("moto's table of AWS's texts", "medium")
def test_a_managed_policy_is_refused_in_awss_words(text: str, sentence: str) -> None:
    refused = refusal(text, DOCUMENT_KINDS["managed"])
    assert refused is not None and refused.message == sentence


@pytest.mark.parametrize(("text", "sentence"), [row[1:] for row in OF_SEVERAL], ids=[row[0] for row in OF_SEVERAL])
def test_of_several_mistakes_aws_names_the_one_that_it_reads_first(text: str, sentence: str) -> None:
    refused = refusal(text, DOCUMENT_KINDS["managed"])
    assert refused is not None and refused.message == sentence


@pytest.mark.parametrize(("text", "sentence"), [row[1:] for row in TRUST], ids=[row[0] for row in TRUST])
@pytest.mark.aws("recorded by LocalStack; aws-cdk #5746", "recorded")
def test_a_trust_policy_is_refused_in_awss_words(text: str, sentence: str) -> None:
    refused = refusal(text, DOCUMENT_KINDS["trust"])
    assert refused is not None and refused.message == sentence


@pytest.mark.parametrize(("kind", "text"), TAKEN)
def test_aws_stores_what_looks_odd_and_is_well_formed(kind: str, text: str) -> None:
    assert refusal(text, DOCUMENT_KINDS[kind]) is None


@pytest.mark.parametrize("kind", ["scp", "rcp", "ecr-repository"])
@pytest.mark.aws("terraform-provider-aws #3924, public logs", "medium")
def test_organizations_and_ecr_have_one_sentence_for_everything(kind: str) -> None:
    for text in ("{", document({"Effect": "Permit"}), document()):
        refused = refusal(text, DOCUMENT_KINDS[kind])
        assert refused is not None and refused.message == DOCUMENT_KINDS[kind].refusal != ""


NAMED = {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}
KEYS = {"aws:PrincipalTag/a": "1", "AWS:principaltag/A": "2"}
VARIABLES = ("home/${ aws:username }", "home/${aws:username", "${}", "${aws:PrincipalTag/team, yellow}")
SESSIONS, ROLES = "arn:aws:sts::813835382529:assumed-role/app/*", "arn:aws:iam::813835382529:role/*"
REFUSED = (
    ("resource", "wildcard-in-principal", document({**NAMED, "Principal": {"AWS": SESSIONS}})),
    ("resource", "wildcard-in-principal", document({**NAMED, "Principal": {"AWS": ROLES}})),
    ("resource", "wildcard-in-principal", document({**NAMED, "Principal": {"Service": "*.amazonaws.com"}})),
    ("identity", "element-not-allowed", may(Principal="*")),
    ("identity", "bad-sid", document(*[{**NAMED, "Sid": "Twice"}] * 2)),
    ("identity", "bad-action", may(Action="ec*:BatchGetImage")),
    *((kind, "two-spellings", when("StringEquals", KEYS)) for kind in ("identity", "managed", "session", "scp")),
    *(("identity", "bad-variable", when("StringLike", {"s3:prefix": text})) for text in VARIABLES),
    *(("scp", "bad-variable", when("StringLike", {"s3:prefix": text})) for text in VARIABLES),
    *(("vpc-endpoint", "bad-variable", may(Principal="*", Resource=f"arn:aws:s3:::{text}")) for text in VARIABLES),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "rule", "text"), REFUSED, ids=[f"{row[0]} {row[1]}" for row in REFUSED])
def test_what_aws_refuses_to_store_is_refused_and_no_policy_is_decided_that_means_something_else(
    kind: str, rule: str, text: str
) -> None:
    refused = refusal(text, DOCUMENT_KINDS[kind])
    assert refused is not None and refused.rule == rule


def test_what_is_too_long_is_said_last() -> None:
    long = document(*[json.loads(may())["Statement"][0]] * 100)
    refused = refusal(long, DOCUMENT_KINDS["managed"])
    assert refused is not None and refused.rule == "too-long"
    refused = refusal(long.replace("Allow", "allow"), DOCUMENT_KINDS["managed"])
    assert refused is not None and refused.message == LEGACY


def test_where_awss_sentence_is_not_known_the_checks_own_stands_for_it() -> None:
    text = when("StringEquals", {"aws:SourceVpc": "a", "aws:sourcevpc": "b"})
    refused = refusal(text, DOCUMENT_KINDS["identity"])
    [found] = [each for each in check(text, DOCUMENT_KINDS["identity"]).findings if each.rule.severity == ERROR]
    assert refused is not None and (refused.message, found.aws) == (found.problem, "")
