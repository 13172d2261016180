"""What is not known in a case and would settle or could change its answer, with who could tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labkit.diagnosis.case import Case
from labkit.diagnosis.documents import policy_of
from labkit.diagnosis.facts import RESTORE, UPDATE, Layer, NotKnown, documents
from labkit.iam.patterns import UNKNOWN
from labkit.iam.request import SERVICE
from labkit.iam.words.explain import unknown_parts

_PLACES = ("orgid", "orgpaths")
_DECISIVE = ("repository_policy", "identity", "membership")


def told(case: Case) -> tuple[NotKnown, ...]:
    """What is not known, what decides most first; nothing stands there twice.

    Of an image whose name is none in ECR, nothing that could be told would change the answer.
    """
    if case.facts.question.image and case.uri is None:
        return ()
    names = tuple(_names(case))
    first = [name for name in names if name in _DECISIVE]
    rest = [name for name in names if name not in _DECISIVE]
    return tuple(dict.fromkeys((*_who(case), *_fields(case, first), *_conditions(case), *_fields(case, rest))))


def _who(case: Case) -> Iterator[NotKnown]:
    question = case.facts.question
    if question.function is None:
        yield NotKnown("for which account Lambda would pull", "give --function-account or --function")
    if question.caller is None and _asks_caller(case):
        yield NotKnown("who creates or updates the function", "give --caller")


def _asks_caller(case: Case) -> bool:
    return not case.restores and (case.crosses or case.adds is not False)


def _fields(case: Case, names: Iterable[str]) -> Iterator[NotKnown]:
    for name in names:
        found = getattr(case.facts, name)
        if isinstance(found, NotKnown):
            yield found
        for layer in found if isinstance(found, tuple) and not isinstance(found, Layer) else (found,):
            yield from layer.not_known if isinstance(layer, Layer) else ()


def _names(case: Case) -> Iterator[str]:
    """The fields of the facts that have a say in this case."""
    question = case.facts.question
    asks_caller = _asks_caller(case)
    asked = {
        **dict.fromkeys(("repository_policy", "registry_policy", "rcp", "repository", "image"), True),
        **dict.fromkeys(("identity", "boundary", "scp"), asks_caller),
        "session": asks_caller and _is_session(case),
        "membership": _asks_for_places(case),
        "function": question.operation in (RESTORE, UPDATE),
        "trust": question.execution_role is not None,
    }
    return (name for name, matters in asked.items() if matters)


def _is_session(case: Case) -> bool:
    return case.caller is not None and case.caller.kind == "session"


def _asks_for_places(case: Case) -> bool:
    policies = (policy_of(document) for document in documents(case.facts))
    statements = (statement for policy in policies if policy for statement in policy.statements)
    keys = (condition.lower_key for statement in statements for condition in statement.conditions)
    return any(key.endswith(_PLACES) and not key.startswith("aws:resource") for key in keys)


def _conditions(case: Case) -> Iterator[NotKnown]:
    """Values of condition keys that the answer hangs on."""
    decision = case.decision
    for each in (*decision.caller, *decision.service) if decision else ():
        for part in unknown_parts(each):
            key = part.key if part.got is UNKNOWN else f"a variable in {', '.join(part.wanted)}"
            whose = "Lambda's own request" if each.request.principal.kind == SERVICE else "the caller's request"
            yield NotKnown(f"the value of {key} in {whose}", _who_knows(part.key, whose))


def _who_knows(key: str, whose: str) -> str:
    if key.lower().endswith(_PLACES):
        return "give --organization and --organization-path"
    if whose.startswith("Lambda"):
        return "only AWS, which does not document it"
    return "give --context KEY=VALUE where it is known"
