"""What stays in any case: the words of AWS, of JSON and of our own sentences, so that an answer can still be read.

A role may be called ``Allow`` or ``image``. Where it stands in an ARN it is replaced; alone it cannot be told from the
word, and tells nobody anything.
"""

from __future__ import annotations

from functools import cache

_ALIKE = (
    "root default AdministratorAccess AWSLambda_FullAccess PowerUserAccess ReadOnlyAccess FullAWSAccess "
    "RCPFullAWSAccess OrganizationAccountAccessRole LambdaECRImageRetrievalPolicy CrossAccountPermission "
    "LambdaECRImageCrossAccountRetrievalPolicy service-role aws-service-role aws-reserved sso.amazonaws.com "
    "lambda.amazonaws.com application"
)
ALIKE_EVERYWHERE = frozenset(_ALIKE.split())
"""Names and Sids that everybody's account has, or that AWS's pages and the article give."""
OF_AWS = ("AWSServiceRoleFor", "LambdaECRImage")
"""How names begin that AWS gives."""
PATHS_OF_AWS = ("aws-service-role/", "aws-reserved/")
"""How the paths of roles begin that AWS makes."""

_GRAMMAR = (
    "Version Id Statement Sid Effect Allow Deny Principal NotPrincipal Action NotAction Resource NotResource Condition "
    "AWS Service Federated CanonicalUser IfExists ForAnyValue ForAllValues PRINCIPAL RESOURCE SESSION VPC_ENDPOINT "
    "ALLOW IMPLICIT_DENY EXPLICIT_DENY NO_IMPACT aws arn amazonaws com true false null none"
)
_OURS = (
    "format question operation image function caller execution_role verdict parties certainty sentence causes id "
    "stops where account kind name sid evidence source not_known what who_could_tell why fix changes before after diff "
    "proved opens probe asked_for next decision can cannot unknown not-asked certain likely possible call pull run "
    "create update restore repository registry policy role user session statement profile key value region digest "
    "tag Lambda lambda ECR ecr IAM iam STS sts SCP RCP scp rcp boundary endpoint organization unit path public text "
    "json html cli"
)
_ENGLISH = (
    "a an and any are as at be because been but by can do does each else for from had has have he her him his how if "
    "in into is it its let may me my no nor not now of off on one only or other our out over own shall she so some "
    "than that the their them then there they this those to too up us was way we were what when which who whom whose "
    "will with you your"
)


@cache
def words() -> frozenset[str]:
    """All words that are not names: of the grammar of policies, operators, actions, keys, services, and ours."""
    from labkit.diagnosis.cause_table import CAUSES
    from labkit.diagnosis.facts import KINDS
    from labkit.iam import action_table
    from labkit.iam.operators import OPERATORS

    actions = {part for row in action_table.actions() for part in row.name.split(":")}
    known_keys = action_table.keys()
    keys = {part for row in known_keys for part in row.name.replace("/", ":").split(":")}
    ours = {*_GRAMMAR.split(), *_OURS.split(), *_ENGLISH.split(), *CAUSES, *KINDS}
    return frozenset({*ALIKE_EVERYWHERE, *ours, *OPERATORS, *actions, *keys})
