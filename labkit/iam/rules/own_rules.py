"""Actions with rules of their own, as one table for whoever decides and whoever explains.

    sts:AssumeRole and its siblings   the role's trust policy must allow in any case; the root user may not assume roles
    sts:TagSession, SetSourceIdentity both the caller's policies and the trust policy must allow
    sts:GetCallerIdentity             needs no permission, and no policy can deny it
    sts:GetSessionToken               the same; session credentials cannot call it
    kms: on a key                     the key's policy must allow in any case, for the root user too
    a federated user's session        calls nothing of IAM, and nothing else of STS

Sources: IAM User Guide, "Roles terms and concepts", "Pass session tags in AWS STS", "Permissions for GetSessionToken";
AWS STS API Reference, GetCallerIdentity, GetSessionToken and GetFederationToken; AWS KMS Developer Guide, "Key
policies". That root may not assume a role is AWS's answer in public reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from labkit.iam import arn as arns
from labkit.iam.request import ROLE, ROOT, SESSION, Principal, Request

_NOBODY: Mapping[str, str] = MappingProxyType({})


class OwnRule(NamedTuple):
    """What AWS does with an action, whatever the general logic would say.

    ``must_allow``: the resource's own policy has to allow, and nothing replaces it; ``both``: the caller's policies
    have to allow too, however closely the resource's policy names the caller. ``is_open``: no permission is needed and
    no policy can deny it. ``refused`` are kinds of principal with the sentence that says why they may not, which is
    AWS's own where ``quotes_aws``. ``policy_name`` is what AWS calls the resource's policy; ``why`` says the rule.
    """

    why: str
    must_allow: bool = False
    both: bool = False
    is_open: bool = False
    refused: Mapping[str, str] = _NOBODY
    quotes_aws: bool = True
    policy_name: str = ""

    def refusal(self, who: Principal) -> str | None:
        """Why this principal may not, whatever the policies say; None where they decide, or nothing has to."""
        return self.refused.get(who.kind)

    def decides(self, who: Principal) -> bool:
        """Whether the rule alone decides, so that no policy has a say."""
        return who.kind in self.refused or (self.is_open and who.is_iam)


TRUST_POLICY = "role trust policy"
_SESSION_ONLY = "Cannot call GetSessionToken with session credentials"
_ASSUMING = OwnRule(
    "a role's trust policy must allow it in any case",
    must_allow=True,
    refused={ROOT: "Roles may not be assumed by root accounts."},
    policy_name=TRUST_POLICY,
)
_WITH_THE_SESSION = _ASSUMING._replace(
    why="the caller's policies and the role's trust policy must both allow it", both=True
)
_OPEN = OwnRule("it needs no permission, and no policy can deny it", is_open=True)
_KEY = OwnRule("a key's own policy must allow it in any case", must_allow=True)
_FEDERATED = OwnRule(
    "credentials of GetFederationToken call nothing of IAM, and of STS only GetCallerIdentity",
    refused={SESSION: "Credentials of GetFederationToken call nothing of IAM, and of STS only GetCallerIdentity."},
    quotes_aws=False,
)

OWN_RULES: Mapping[str, OwnRule] = {
    "sts:assumerole": _ASSUMING,
    "sts:assumerolewithsaml": _ASSUMING,
    "sts:assumerolewithwebidentity": _ASSUMING,
    "sts:getcalleridentity": _OPEN,
    "sts:getsessiontoken": _OPEN._replace(refused={SESSION: _SESSION_ONLY, ROLE: _SESSION_ONLY}),
    "sts:setsourceidentity": _WITH_THE_SESSION,
    "sts:tagsession": _WITH_THE_SESSION,
}
"""The rules by the action's name in lower case; those that hang on resource or principal are found by `rule_of`."""


def rule_of(request: Request) -> OwnRule | None:
    """The rule of a request's action, None for nearly all."""
    service = request.action[:4].lower()
    if service not in ("sts:", "iam:", "kms:"):
        return None
    if service == "kms:":
        return _KEY if _is_a(request.resource, "kms", "key") else None
    rule = OWN_RULES.get(request.action.lower())
    if rule is _WITH_THE_SESSION and not _is_a(request.resource, "iam", "role"):
        rule = None  # sessions of GetFederationToken can have tags too, and there is no role with a policy
    if request.principal.is_federated_user and rule is not _OPEN:
        return _FEDERATED
    return rule


def _is_a(resource: str, service: str, kind: str) -> bool:
    arn = arns.split(resource)
    return arn is not None and arn.is_a(service, kind)
