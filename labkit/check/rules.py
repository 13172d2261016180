"""The table of rules: everything that the check can find, with its severity and the source of the rule.

An ``error`` is what AWS refuses; a ``warning`` is what AWS accepts and people regret; a ``note`` is good to know, and
nothing need be wrong. What is wrong in a particular
policy, and what to write instead, is said by the function that finds it.
"""

from __future__ import annotations

from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"

_GRAMMAR = "IAM User Guide, Grammar of the IAM JSON policy language"
_ACTION = "IAM User Guide, IAM JSON policy elements: Action"
_PRINCIPAL = "IAM User Guide, AWS JSON policy elements: Principal"
_NOT_PRINCIPAL = "IAM User Guide, AWS JSON policy elements: NotPrincipal"
_OPERATORS = "IAM User Guide, IAM JSON policy elements: Condition operators"
_SETS = "IAM User Guide, Set operators for multivalued context keys"
_KEYS = "IAM User Guide, AWS global condition context keys"
_ECR = "Amazon ECR User Guide, Private repository policies"
_LAMBDA = "Lambda Developer Guide, Create a Lambda function using a container image: Amazon ECR permissions"
_VARIABLES = "IAM User Guide, IAM policy elements: Variables and tags"
_RCP = "AWS Organizations User Guide, RCP syntax"
_POLICY_CHECKS = "IAM Access Analyzer policy check reference"
_REFERENCE = "Service Authorization Reference: actions, resources and condition keys"
_PROVIDERS = "IAM User Guide, Identity-provider controls for shared OIDC providers"
_DEPUTY = "IAM User Guide, The confused deputy problem"


class Rule(NamedTuple):
    """One row: ``id`` is what configuration names, ``severity`` error, warning or note; ``title`` speaks to people."""

    id: str
    severity: str
    title: str
    source: str


_ROWS = (
    Rule("json-syntax", ERROR, "The text is not JSON", _GRAMMAR),
    Rule("duplicate-key", ERROR, "A key stands twice in one JSON object", _GRAMMAR),
    Rule("bare-statement", ERROR, "A statement without the document around it", _GRAMMAR),
    Rule("no-statement", ERROR, "The policy has no statement", _GRAMMAR),
    Rule("unknown-element", ERROR, "An element that the policy language does not know", _GRAMMAR),
    Rule("wrong-type", ERROR, "An element holds the wrong kind of value", _GRAMMAR),
    Rule("missing-element", ERROR, "A required element is missing", _GRAMMAR),
    Rule("both-forms", ERROR, "An element and its Not form stand in one statement", _GRAMMAR),
    Rule("element-not-allowed", ERROR, "An element that this kind of policy must not have", f"{_GRAMMAR}; {_ECR}"),
    Rule("bad-version", ERROR, "Version is not one of the policy language's", _GRAMMAR),
    Rule("bad-effect", ERROR, "Effect is neither Allow nor Deny", _GRAMMAR),
    Rule("bad-date", ERROR, "A date that AWS cannot read", _OPERATORS),
    Rule("bad-variable", ERROR, "A policy variable that is not well formed", _VARIABLES),
    Rule("two-spellings", ERROR, "One condition key stands in two spellings", _POLICY_CHECKS),
    Rule("bad-sid", ERROR, "A Sid that IAM refuses", "IAM User Guide, IAM JSON policy elements: Sid"),
    Rule("too-long", ERROR, "The policy is longer than AWS takes", "Quotas of IAM, Organizations and Amazon ECR"),
    Rule("bad-action", ERROR, "An action that is not written service:Name", _ACTION),
    Rule("foreign-action", ERROR, "An action that this kind of policy cannot speak of", f"{_ECR}; {_ACTION}"),
    Rule("bad-principal", ERROR, "A principal of a form that AWS refuses", _PRINCIPAL),
    Rule("wildcard-in-principal", ERROR, "A wildcard inside a principal", _PRINCIPAL),
    Rule("provider-of-everybody", ERROR, "An identity provider is trusted, whoever signs in there", _PROVIDERS),
    Rule("bad-arn", ERROR, "A resource that is neither an ARN nor *", "IAM User Guide, IAM identifiers: ARNs"),
    Rule("unknown-operator", ERROR, "A condition operator that does not exist", _OPERATORS),
    Rule("allow-in-rcp", ERROR, "A resource control policy that allows", _RCP),
    Rule("principal-in-rcp", ERROR, "A resource control policy that names a principal", _RCP),
    Rule("unknown-action", WARNING, "An action that does not exist grants and denies nothing", _ACTION),
    Rule("misspelt-action", WARNING, "An action of a pull is misspelt", _ACTION),
    Rule("odd-action", WARNING, "An action with characters that no action has matches nothing", _ACTION),
    Rule("id-as-principal", WARNING, "The id of a user or role, which AWS takes while that one exists", _PRINCIPAL),
    Rule("unneeded-id", WARNING, "An Id in a policy that has none", "IAM User Guide, IAM JSON policy elements: Id"),
    Rule("unknown-key", WARNING, "A condition key that does not exist is never there", _KEYS),
    Rule("wildcard-in-equals", WARNING, "A wildcard where it is an ordinary character", _OPERATORS),
    Rule("value-never-matches", WARNING, "A condition value that nothing can match", _OPERATORS),
    Rule("variable-in-old-version", WARNING, "A policy variable that is literal text", _VARIABLES),
    Rule("missing-set-operator", WARNING, "A multivalued key without ForAnyValue or ForAllValues", _SETS),
    Rule("all-values-with-allow", WARNING, "ForAllValues in an Allow admits requests without the key", _SETS),
    Rule("organization-key-on-wrong-side", WARNING, "A key that this party's requests never have", _KEYS),
    Rule("caller-key-for-service", WARNING, "A key of callers on a statement for a service", _KEYS),
    Rule("negated-key-services-lack", WARNING, "A Deny that hits AWS services by a key of callers", _KEYS),
    Rule("if-exists-with-allow", WARNING, "A condition with IfExists that lets in whoever lacks the key", _OPERATORS),
    Rule("deny-without-the-key", WARNING, "A Deny that also hits requests without the key", _OPERATORS),
    Rule("null-with-qualifier", WARNING, "Null with a set operator holds always or never", _POLICY_CHECKS),
    Rule("empty-condition", WARNING, "A condition without values", _POLICY_CHECKS),
    Rule("address-as-text", WARNING, "An address compared as a text", _POLICY_CHECKS),
    Rule("key-of-no-action", WARNING, "A condition key that none of the actions has", _REFERENCE),
    Rule("arn-matches-nothing", WARNING, "A resource that no ARN matches", _REFERENCE),
    Rule("rcp-reaches-nothing", WARNING, "An action that resource control policies do not reach", _RCP),
    Rule("one-statement-for-both", WARNING, "One statement for callers and a service, with a key of one", _KEYS),
    Rule("organization-id-form", WARNING, "A value that is no organization id", _KEYS),
    Rule("organization-path-form", WARNING, "An organization path that matches no account, or too many", _KEYS),
    Rule("role-as-source", WARNING, "The ARN of an IAM principal in aws:SourceArn", _KEYS),
    Rule("source-arn-form", WARNING, "aws:SourceArn is not the ARN of a function", f"{_KEYS}; {_LAMBDA}"),
    Rule("session-as-principal-arn", WARNING, "The ARN of a session in aws:PrincipalArn", _KEYS),
    Rule("service-without-source", WARNING, "A service is admitted whoever it works for", _DEPUTY),
    Rule("public-principal", WARNING, "Everyone is admitted, with no condition on whom", _PRINCIPAL),
    Rule("not-principal-allow", WARNING, "Allow with NotPrincipal admits everyone else, unsigned too", _NOT_PRINCIPAL),
    Rule("not-principal-deny", WARNING, "A Deny with NotPrincipal hits more than it spares", _NOT_PRINCIPAL),
    Rule("any-repository", WARNING, "Any repository of GitHub may assume the role", _PROVIDERS),
    Rule("pass-role-with-star", WARNING, "Every role may be passed to every service", _POLICY_CHECKS),
    Rule("wider-than-pulling", WARNING, "More is granted than a pull needs", _LAMBDA),
    Rule("half-of-the-actions", WARNING, "Only one of the two actions of a pull is allowed", _LAMBDA),
    Rule(
        "token-needs-star",
        WARNING,
        "ecr:GetAuthorizationToken on a resource grants nothing",
        "Amazon ECR User Guide, IAM",
    ),
    Rule("service-statement-missing", NOTE, "No statement admits Lambda itself", _LAMBDA),
    Rule("wrong-service-principal", NOTE, "Another service than Lambda is let in for a pull", _LAMBDA),
    Rule("execution-role-granted", NOTE, "A role is named as if the execution role pulled", _LAMBDA),
    Rule("caller-statement-missing", NOTE, "Lambda is admitted, callers of its account are not", _LAMBDA),
    Rule("functions-left-out", NOTE, "Callers are admitted, and Lambda not for functions of theirs", _LAMBDA),
    Rule("no-policy", NOTE, "The repository has no policy", _ECR),
    Rule("organization-taken-as-given", NOTE, "Whether the account stands there, the policy cannot say", _KEYS),
    Rule("explicit-deny", NOTE, "A statement denies the pull", "IAM User Guide, Policy evaluation logic"),
    Rule("source-arn-mismatch", NOTE, "A condition on aws:SourceArn does not hold for the function", _LAMBDA),
    Rule("source-account-mismatch", NOTE, "A condition on aws:SourceAccount does not hold for the function", _KEYS),
    Rule("organization-id-mismatch", NOTE, "The two parties are asked for different organizations", _KEYS),
    Rule("organization-path-mismatch", NOTE, "The two parties are asked for different units", _KEYS),
    Rule("condition-mismatch", NOTE, "A condition does not hold for the pull", _OPERATORS),
    Rule("key-unknown-to-lab", NOTE, "A condition key whose value the lab does not know", _REFERENCE),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _ROWS}
"""The rules by id, errors first."""
