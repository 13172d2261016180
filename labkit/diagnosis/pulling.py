"""Can Lambda pull this image? ``labkit pull``, and in Python ``labkit.can_pull``: answered from what is given alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.diagnosis.asked import NONE, Asked, Text, check_image, facts_of
from labkit.diagnosis.evidence.folder import text_of
from labkit.diagnosis.facts import Document
from labkit.diagnosis.result import Diagnosis
from labkit.diagnosis.unnamed import diagnose_named_or_not
from labkit.errors import PolicyError, UsageError

_LISTS = frozenset({"identity", "session", "scp", "rcp", "execution_identity"})
_ENDPOINT = (
    "The policy {name} speaks of ECR's actions only: it is that of an endpoint for ECR. Lambda's pull passes none of "
    "your endpoints, so that it has no say; give that of the endpoint for Lambda, where the caller's calls pass one."
)


def pull(asked: Asked) -> Diagnosis:
    """The answer to what was asked, from what was given with it. Raises UsageError for what nobody could mean."""
    check_image(asked.image)
    facts = facts_of(asked)
    endpoint = facts.vpc_endpoint
    if isinstance(endpoint, Document) and _is_for_ecr(endpoint):
        found = diagnose_named_or_not(facts.having(vpc_endpoint=None))
        return replace(found, next=(*found.next, _ENDPOINT.format(name=endpoint.name)))
    return diagnose_named_or_not(facts)


def _is_for_ecr(endpoint: Document) -> bool:
    """Whether an endpoint's policy can only be that of an endpoint for ECR: all its actions are ECR's."""
    try:
        statements = endpoint.policy.statements
    except PolicyError:
        return False
    actions = [action for each in statements if each.action is not None for action in each.action.wanted]
    return bool(actions) and all(action.lower().startswith("ecr:") for action in actions)


def can_pull(
    image: str,
    *,
    function: str = "",
    function_account: str = "",
    operation: str = "",
    caller: Any = "",
    execution_role: str = "",
    organization: str | None = "",
    organization_path: str = "",
    repository_organization: str | None = "",
    repository_organization_path: str = "",
    context: Mapping[str, Any] | None = None,
    **documents: Any,
) -> Diagnosis:
    """Can Lambda pull ``image``, and if not, why? What ``labkit pull`` answers, by options of the same names.

    ``documents`` are ``repository_policy``, ``registry_policy``, ``identity``, ``boundary``, ``session``, ``scp``,
    ``rcp``, ``vpc_endpoint`` and ``execution_identity``: each a policy as a dict, or the path of a file with one or
    with the answer of the aws CLI; a list of these where there can be several; None where there is none. What is not
    given is not known. An organization None: the account is in none. ``caller`` is an ARN, or a boto3 session, which
    is asked who it is. Nothing else is asked of AWS. Raises UsageError.
    """
    return pull(
        Asked(
            image=image,
            function=function,
            function_account=function_account,
            operation=operation,
            caller=arn_of(caller),
            execution_role=execution_role,
            organization=NONE if organization is None else organization,
            organization_path=organization_path,
            repository_organization=NONE if repository_organization is None else repository_organization,
            repository_organization_path=repository_organization_path,
            context=context or {},
            documents=texts_of(documents),
        )
    )


def arn_of(caller: Any) -> str:
    """The ARN of a caller that is given as such, or as a boto3 session."""
    if isinstance(caller, str):
        return caller
    return str(caller.client("sts").get_caller_identity()["Arn"])


def texts_of(documents: Mapping[str, Any]) -> dict[str, list[Text] | None]:
    """Documents as dicts and paths, as the texts of `Asked`. Raises UsageError."""
    if unknown := sorted(documents.keys() - _NAMES):
        raise UsageError(f"There is no document {unknown[0]!r}; there are {', '.join(sorted(_NAMES))}.")
    return {name: _texts(name, value) for name, value in documents.items()}


_NAMES = frozenset({"repository_policy", "registry_policy", "boundary", "vpc_endpoint"}) | _LISTS


def _texts(name: str, value: Any) -> list[Text] | None:
    if value is None:
        return None
    several = isinstance(value, Sequence) and not isinstance(value, str)
    if several and name not in _LISTS:
        raise UsageError(f"There can be only one {name}: give a dict or a path.")
    return [_text(name, each) for each in (value if several else [value])]


def _text(name: str, value: Any) -> Text:
    if isinstance(value, (dict, list)):
        return name, json.dumps(value, indent=2)
    try:
        return str(value), text_of(Path(value))
    except TypeError:
        raise UsageError(f"{name} is a dict or the path of a file, not {value!r}.") from None
    except ValueError as error:
        raise UsageError(f"{value}: {str(error)[:1].upper()}{str(error)[1:]}.") from None
