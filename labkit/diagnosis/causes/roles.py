"""The execution role: whether it has, or is named for, the rights of a pull, though it is not who pulls."""

from __future__ import annotations

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.naming import place, title
from labkit.diagnosis.documents import policy_of
from labkit.diagnosis.facts import Document, Layer
from labkit.errors import UsageError
from labkit.iam import Policy, Principal, Request
from labkit.iam.match import match
from labkit.iam.request import ROLE
from labkit.pull.policies import PULL_ACTIONS


def granting(case: Case) -> tuple[Document, ...]:
    """The documents that allow the execution role both actions: identity policies of its own, or the repository's."""
    requests = _requests(case)
    policy, layer = case.facts.repository_policy, case.facts.execution_identity
    own = layer.documents if isinstance(layer, Layer) else ()
    naming = (policy,) if isinstance(policy, Document) else ()
    found = [each for each in own if _allows(policy_of(each), requests, "Resource")]
    return (*found, *(each for each in naming if _allows(policy_of(each), requests, "Principal")))


def is_granted(case: Case) -> bool:
    """Whether there is such a document."""
    return bool(granting(case))


def described(case: Case) -> str:
    """These documents as a phrase."""
    return " and ".join(title(place(each)) for each in granting(case))


def _requests(case: Case) -> tuple[Request, ...]:
    role, uri = case.facts.question.execution_role, case.uri
    if role is None or uri is None:
        return ()
    try:
        who = Principal.aws(role)
    except UsageError:
        return ()
    return tuple(Request(who, each, uri.repository_arn, uri.account) for each in PULL_ACTIONS if who.kind == ROLE)


def _allows(policy: Policy | None, requests: tuple[Request, ...], demanded: str) -> bool:
    """Whether some statement allows each of the requests; one of a repository has to name the role itself."""
    if policy is None or not requests:
        return False
    statements = [each for each in policy.statements if each.allows]
    if demanded == "Principal":
        named = requests[0].principal.arn
        statements = [s for s in statements if any(entry.text == named for entry in s.principal or ())]
    return all(any(match(each, request, demanded).matched for each in statements) for request in requests)
