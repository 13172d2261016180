"""The documents that a command is given: their texts, and which of the policies AWS would not store.

An answer about a policy that AWS would not store is one about nothing on AWS.

The engine decides whatever it can read. What AWS refuses is known to ``labkit.check``; here each policy of a question
is looked at as the kind that it stands for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from labkit.errors import UsageError
from labkit.ground.text import decoded

LONGEST_POLICY, LONGEST_LIST = 1 << 20, 1 << 26
"""Bytes of a file: of a policy (the longest that AWS stores has 20,480), and of a list of cases."""

if TYPE_CHECKING:
    from labkit.iam import Policies, Policy, Request


def read_file(name: str, longest: int = LONGEST_POLICY) -> str:
    """The text of a file, or of standard input for ``-``: UTF-8 or UTF-16, ends of lines as line feeds.

    Raises UsageError with one sentence that names the file for what cannot be read, is no text, or has more than
    ``longest`` bytes.
    """
    shown = "standard input" if name == "-" else name
    try:
        raw = _bytes(name, longest + 1)
    except (OSError, ValueError) as error:  # a ValueError for a name that holds a null character
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{shown}: It cannot be read: {reason}.") from None
    if len(raw) > longest:
        raise UsageError(f"{shown}: It has more than {longest >> 20} MiB, which no such document has.")
    try:
        return decoded(raw)
    except UnicodeDecodeError:
        raise UsageError(f"{shown}: It is not a text in UTF-8 or UTF-16.") from None


def _bytes(name: str, most: int) -> bytes:
    if name != "-":
        with open(name, "rb") as file:  # noqa: PTH123  # a name that the caller typed, as it is
            return file.read(most)
    if (buffer := getattr(sys.stdin, "buffer", None)) is not None:
        raw: bytes = buffer.read(most)
        return raw
    return sys.stdin.read(most).encode()  # a stand-in for standard input that has texts alone


def context_of(pairs: Sequence[str]) -> dict[str, Any]:
    """The condition keys that ``--context KEY=VALUE`` gives; several values are a JSON list. Raises UsageError."""
    context: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--context {pair!r} is not KEY=VALUE, such as aws:SourceAccount=592444418872.")
        if key in context:
            raise UsageError(f'--context gives {key} twice; write several values as a list: \'{key}=["a", "b"]\'.')
        context[key] = _several(key, value) if value.startswith("[") else value
    return context


def _several(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"--context {key} begins with [ but is not a JSON list of texts.") from None


def refusals(request: Request, policies: Policies) -> list[str]:
    """A sentence for each policy that AWS would not store; empty where it takes all of them."""
    from labkit.check import DOCUMENT_KINDS, check, refusal

    found = []
    for policy, kind in _with_kinds(request, policies):
        refused = refusal(policy.source, DOCUMENT_KINDS[kind])
        if refused is not None:
            report = check(policy.source, DOCUMENT_KINDS[kind])
            problem = next(each.problem for each in report.findings if each.rule.id == refused.rule)
            found.append(f"AWS would not store the {policy.name} policy as {DOCUMENT_KINDS[kind].label}: {problem}")
    return list(dict.fromkeys(found))


def _with_kinds(request: Request, policies: Policies) -> Iterator[tuple[Policy, str]]:
    """Each policy with the name of its kind in ``labkit.check.DOCUMENT_KINDS``."""
    from labkit.iam.evaluation import is_rcp_full_access

    listed = {"identity": policies.identity, "session": policies.session}
    listed["managed"] = (policies.boundary,) if policies.boundary else ()  # only managed policies can be boundaries
    listed[_kind_of_resource(request)] = (policies.resource,) if policies.resource else ()
    listed["ecr-registry"] = (policies.registry,) if policies.registry else ()
    listed["vpc-endpoint"] = (policies.vpc_endpoint,) if policies.vpc_endpoint else ()
    listed["scp"] = [policy for level in policies.scp or () for policy in level]
    listed["rcp"] = [policy for level in policies.rcp or () for policy in level if not is_rcp_full_access(policy)]
    for kind, each in listed.items():
        yield from ((policy, kind) for policy in each)


def _kind_of_resource(request: Request) -> str:
    from labkit.iam.rules.own_rules import TRUST_POLICY, rule_of

    rule = rule_of(request)
    if rule is not None and rule.policy_name == TRUST_POLICY:
        return "trust"
    return "ecr-repository" if request.action.lower().startswith("ecr:") else "resource"
