"""A diagnosis for an account of which no function was named: whether a policy tells its functions apart.

Lambda asks for one function, whose name stands in aws:SourceArn. Where only the account is known, a made-up name stands
for it. A policy that lets in some functions of the account and not others has then no answer but "which one?".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from labkit.diagnosis.case import Case
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.documents import policy_of
from labkit.diagnosis.facts import SOME_FUNCTION, Document, Facts, NotKnown
from labkit.diagnosis.result import CANNOT, LAMBDA_SIDE, UNKNOWN, Diagnosis, Party
from labkit.iam import arn as arns
from labkit.pull.function import FunctionRef, InvalidFunctionName

_ANY = {"*": "", "?": "x"}
_OPTION = "give --function"


def diagnose_named_or_not(facts: Facts) -> Diagnosis:
    """The diagnosis; without an answer where it hangs on the name of a function that was not given."""
    found = diagnose(facts)
    ref = facts.question.function
    if ref is None or ref.name != SOME_FUNCTION or found.parties[LAMBDA_SIDE].verdict != CANNOT:
        return found
    let_in = [each.name for each in _named(facts, ref) if _lambda_gets_in(facts, each)]
    return _which(found, let_in) if let_in else found


def _named(facts: Facts, ref: FunctionRef) -> Iterator[FunctionRef]:
    """The functions of the account that conditions on aws:SourceArn name, wildcards filled."""
    documents = (facts.repository_policy, facts.registry_policy)
    policies = [policy_of(each) for each in documents if isinstance(each, Document)]
    statements = [each for policy in policies if policy for each in policy.statements]
    for condition in (condition for each in statements for condition in each.conditions):
        for value in condition.values if condition.lower_key == "aws:sourcearn" else ():
            parts = arns.split(str(value))
            if parts is None or not parts.is_a("lambda", "function"):
                continue
            name = "".join(_ANY.get(character, character) for character in parts.resource_id)
            try:
                yield FunctionRef.parse(name, account=ref.account, region=ref.region)
            except InvalidFunctionName:
                continue


def _lambda_gets_in(facts: Facts, ref: FunctionRef) -> bool:
    case = Case(facts.having(question=replace(facts.question, function=ref)))
    return case.parties[LAMBDA_SIDE].verdict != CANNOT


def _which(found: Diagnosis, names: list[str]) -> Diagnosis:
    listed = " and ".join(dict.fromkeys(names))
    what = f"which function it is: of this account the policy lets in {listed}, and not every function"
    caller = {name: party for name, party in found.parties.items() if name != LAMBDA_SIDE}
    is_refused = any(party.verdict == CANNOT for party in caller.values())
    return replace(
        found,
        verdict=CANNOT if is_refused else UNKNOWN,
        parties={LAMBDA_SIDE: Party(UNKNOWN), **caller},
        sentence=f"It cannot be told whether Lambda gets {found.question.image}: it is not known {what}.",
        causes=tuple(each for each in found.causes if each.party != LAMBDA_SIDE),
        not_known=(NotKnown(what, _OPTION), *found.not_known),
        fix=None,
        next=(),
    )
