"""Policies inside the answers of AWS's own commands: ``aws ecr get-repository-policy`` and its like.

Their policy stands in the answer as a text, or as an object; it is taken out and checked as what it is.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from labkit.check.kinds import DOCUMENT_KINDS, DocumentKind


class _Wrapper(NamedTuple):
    """An answer: where the policy stands in it, of which kind it is, and a member that the answer has beside it."""

    path: tuple[str, ...]
    kind: str
    beside: str = ""


# The first that fits; of get-registry-policy the answer has no repositoryName.
_WRAPPERS = (
    _Wrapper(("policyText",), "ecr-repository", "repositoryName"),
    _Wrapper(("policyText",), "ecr-registry", "registryId"),
    _Wrapper(("Role", "AssumeRolePolicyDocument"), "trust"),
    _Wrapper(("PolicyVersion", "Document"), "managed"),
    _Wrapper(("PolicyDocument",), "identity", "PolicyName"),
    _Wrapper(("Policy", "Content"), "scp"),
    _Wrapper(("Policy",), "resource"),
)
_NO_POLICY = "RepositoryPolicyNotFoundException"
_NO_POLICY_TEXT = re.compile(rf"\s*(?:aws: \[ERROR\]: )?An error occurred \({_NO_POLICY}\)[^\n]*\s*")
_REGISTRY_IN_TEXT = re.compile(r"in the registry with id '(\d{12})'", re.ASCII)
_ORGANIZATIONS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


class Wrapped(NamedTuple):
    """A policy that stood in an answer: its text and kind, where it stood, and the account of the registry, if told."""

    text: str
    kind: DocumentKind
    place: str
    registry: str


def policy_in(answer: Any) -> Wrapped | None:
    """The policy in an answer of AWS's; None where it is none of those that are known."""
    if not isinstance(answer, dict) or "Statement" in answer:
        return None
    for wrapper in _WRAPPERS:
        inside = _at(answer, wrapper.path)
        if (not wrapper.beside or wrapper.beside in answer) and _is_policy(inside):
            text = inside if isinstance(inside, str) else json.dumps(inside, indent=2)
            registry = answer.get("registryId")
            kind = _ORGANIZATIONS.get(str(_at(answer, ("Policy", "PolicySummary", "Type"))), wrapper.kind)
            place = ".".join(wrapper.path)
            return Wrapped(text, DOCUMENT_KINDS[kind], place, registry if isinstance(registry, str) else "")
    return None


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_policy(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and "Statement" in value)


class NoPolicy(NamedTuple):
    """AWS's answer that a repository has no policy; ``registry`` is the registry's account, if told."""

    registry: str


def no_policy_in(text: str) -> NoPolicy | None:
    """AWS's answer that there is no policy, as the aws CLI prints it or as JSON; None for any other text.

    Source: Amazon ECR API Reference, GetRepositoryPolicy, Errors.
    """
    if _NO_POLICY not in text:
        return None
    if not _NO_POLICY_TEXT.fullmatch(text) and not _is_error(text):
        return None
    registry = _REGISTRY_IN_TEXT.search(text)
    return NoPolicy(registry[1] if registry else "")


def _is_error(text: str) -> bool:
    """Whether it is the error as JSON: of boto3, of the API, or of the CLI's structured output."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return False
    codes = [_at(answer, path) for path in (("Error", "Code"), ("Code",), ("__type",), ("code",), ("errorCode",))]
    return any(isinstance(code, str) and code.rpartition("#")[2] == _NO_POLICY for code in codes)
