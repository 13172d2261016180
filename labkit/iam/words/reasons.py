"""One part of a match in words: that it matched, or how the pattern and the value differ, and what would mend it.

Two tables, one for elements and one for the outcomes of conditions, each with a reason and a change. Nothing is
decided here; fields of ARNs are compared again only to name the one that differs.

Source of what is said about absent keys: IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from labkit.iam import arn as arns
from labkit.iam import request as r
from labkit.iam.conditions import ANY, NULL
from labkit.iam.parts import Outcome, Part
from labkit.iam.patterns import UNKNOWN, ContextValue, Pattern
from labkit.iam.request import Request
from labkit.iam.words.advice import (
    CALLER_PARTY,
    SERVICE_PARTY,
    advice,
    pattern_operator,
    quantifier,
    twin_of,
)

ABSENT = "absent"
"""What stands for the value of a key that the request does not carry."""
_MANY = 4
_ARN_OPERATOR = re.compile(r"(^|:)Arn")
Words = Callable[[Part, Request], str]


def listed(values: Sequence[str] | ContextValue | None) -> str:
    """Values as a phrase: the value itself, ``one of a, b`` or, of many, the first few and their number."""
    if values is None:
        return ABSENT
    if isinstance(values, str):
        return values or "empty"
    shown = ", ".join(value or "(empty)" for value in values[:_MANY])
    if len(values) > _MANY:
        return f"one of {shown} … ({len(values)} in all)"
    return shown if len(values) == 1 else f"one of {shown}" if values else "nothing"


def reason(part: Part, request: Request) -> str:
    """One part of a match in words, naming the difference where there is one."""
    if part.element == "Condition":
        return _CONDITIONS[part.outcome or Outcome.DIFFERS][0](part, request)
    if part.outcome is Outcome.UNKNOWN:
        return _unknown(part, request)
    if part.matched and part.element == "NotPrincipal":
        return _besides(part, request)
    if part.matched:
        return f"{part.element} {'does not list' if part.element.startswith('Not') else 'covers'} {part.got}"
    return _ELEMENTS[part.element][0](part, request)


def change(part: Part, request: Request) -> str:
    """What would make a part match that did not, as an instruction to the policy's author."""
    if part.element == "Condition":
        return _CONDITIONS[part.outcome or Outcome.DIFFERS][1](part, request)
    return _ELEMENTS[part.element][1](part, request)


def _principal(part: Part, request: Request) -> str:
    who = request.principal
    if not part.wanted:
        return "the statement has no Principal, so it is for nobody"
    gone = tuple(filter(_is_unique_id, part.wanted))
    if gone and (who.is_iam or gone == part.wanted):
        anew = f"; {who} is somebody else to AWS, even if it was made anew under the same name" if who.is_iam else ""
        which = "which" if gone == part.wanted else f"and {gone[0]}"
        return f"Principal is {listed(part.wanted)}, {which} is what is left of {_deleted(gone)}{anew}"
    if who.kind == r.SERVICE:
        return f"Principal is {listed(part.wanted)}; this request is made by the service {who.name} itself"
    if all(each.endswith(".amazonaws.com") for each in part.wanted):
        return f"Principal is the service {listed(part.wanted)}; this request is made by {who}"
    accounts = tuple(dict.fromkeys(_account(each) or each for each in part.wanted))
    if who.account and who.account not in accounts:
        return f"the caller's account is {who.account}, Principal names {listed(accounts)}"
    if any("*" in each for each in part.wanted):
        return f"Principal is {listed(part.wanted)}, and * has no meaning inside it; the caller is {who}"
    return f"Principal is {listed(part.wanted)}, the caller is {who}"


def _besides(part: Part, request: Request) -> str:
    """Why a statement with NotPrincipal is for this caller. IAM principals are several at once (see `principals`)."""
    who = request.principal
    account = tuple(each for each in part.wanted if who.account and _account(each) == who.account and _is_root(each))
    selves = [each for each in dict.fromkeys((who.role_arn, who.arn)) if each and who.kind != r.ROOT]
    found = tuple(each for each in selves if each in part.wanted or (who.id in part.wanted and who.id))
    if not who.is_iam or not (found or account):
        return f"NotPrincipal does not list {part.got}"
    missing = tuple(each for each in selves if each not in found) + (() if account else (f"the account {who.account}",))
    if not missing:
        return f"NotPrincipal lists {part.got}, but a Deny hits whoever has a permissions boundary all the same"
    return (
        f"NotPrincipal lists {listed(found + account)} and not {listed(missing)}, and so does not leave all of it out"
    )


def _is_root(text: str) -> bool:
    return ":" not in text or text.endswith(f":{r.ROOT}")


def _deleted(ids: Sequence[str]) -> str:
    kinds = {_KINDS_BY_ID[each[:4]] for each in ids}
    return f"a {' or '.join(sorted(kinds, reverse=True))} that has been deleted"


def _name_again(part: Part, request: Request) -> str:
    gone = tuple(filter(_is_unique_id, part.wanted))
    who = request.principal
    if gone and who.is_iam:
        return f"write {who.role_arn or who.arn} in place of {gone[0]}, and Principal means the one that there is now"
    return f"add {part.got} to Principal"


_KINDS_BY_ID = {"AROA": "role", "AIDA": "user"}


def _is_unique_id(text: str) -> bool:
    return text.startswith(("AIDA", "AROA")) and text.isalnum()


def _account(text: str) -> str | None:
    return text if len(text) == 12 and text.isdigit() else arns.account_of(text)


def _action(part: Part, _request: Request) -> str:
    return f"Action is {listed(part.wanted)}, the request is for {part.got}"


def _resource(part: Part, _request: Request) -> str:
    if not part.wanted:
        return "the statement has no Resource, so it is about nothing"
    return _no_variable(part, part.element) or _arn_difference(part, "Resource") or _plainly(part, "Resource")


def _left_out(part: Part, _request: Request) -> str:
    return f"{part.element} is {listed(part.wanted)}, which leaves out {part.got}"


_ELEMENTS: dict[str, tuple[Words, Words]] = {
    "Principal": (_principal, _name_again),
    "Action": (_action, lambda p, _r: f"add {p.got} to Action"),
    "Resource": (_resource, lambda p, _r: f"add {p.got} to Resource"),
    "NotPrincipal": (_left_out, lambda p, _r: f"take {p.got} out of NotPrincipal"),
    "NotAction": (_left_out, lambda p, _r: f"take what covers {p.got} out of NotAction"),
    "NotResource": (_left_out, lambda p, _r: f"take what covers {p.got} out of NotResource"),
}


def _holds(part: Part, _request: Request) -> str:
    return f"{part.operator} {part.key} holds: {part.key} is {_value(part)}"


def _value(part: Part) -> str:
    return listed(part.got).replace("one of ", "", 1)


def _differs(part: Part, _request: Request) -> str:
    if taken_literally(part):
        return f"{part.operator} takes the * in {listed(part.wanted)} literally; {part.key} is {_value(part)}"
    if _ARN_OPERATOR.search(part.operator) and all(text.count(":") < len(arns.FIELDS) - 1 for text in _texts(part)):
        return f"{listed(part.wanted)} has no six fields between colons, so {part.operator} compares it with nothing"
    if part.key.lower().endswith("orgpaths") and set(_values(part)) & {f"{text}/" for text in _texts(part)}:
        return f"{part.key} is {_value(part)}; the slash at its end is missing in the policy's {listed(part.wanted)}"
    if isinstance(part.got, str) and part.got.lower() in (each.lower() for each in _texts(part)):
        return f"{part.key} is {part.got}; upper and lower case differ from {listed(part.wanted)}"
    return _arn_difference(part, part.key) or _plainly(part, part.key)


def _plainly(part: Part, name: str) -> str:
    return f"{name} is {_value(part)}, the policy wants {listed(part.wanted)}{_resolution(part)}"


def _resolution(part: Part) -> str:
    return f" (here {listed(_texts(part))})" if part.resolved else ""


def _texts(part: Part) -> tuple[str, ...]:
    """The policy's values as they stand for this request, variables replaced."""
    return tuple(each for each in part.resolved if each is not None) if part.resolved else part.wanted


def _has_wildcard(values: Sequence[str]) -> bool:
    return any("*" in value or "?" in value for value in values)


def _values(part: Part) -> tuple[str, ...]:
    return (part.got,) if isinstance(part.got, str) else part.got or ()


def taken_literally(part: Part) -> bool:
    """Whether it is StringEquals, with values that would match if their wildcards were wildcards."""
    if part.operator.rpartition(":")[2].removesuffix("IfExists") != "StringEquals" or not _has_wildcard(part.wanted):
        return False
    return any(Pattern.compile(text, "glob").matches(value, {}) for text in part.wanted for value in _values(part))


def _mend_difference(part: Part, _request: Request) -> str:
    if taken_literally(part):
        return advice("wildcard-in-equals", like=pattern_operator(part.operator), operator=part.operator)
    return advice("condition-mismatch", key=part.key, value=_value(part))


def _arn_difference(part: Part, name: str) -> str | None:
    """Names the one field in which the value differs from the nearest of the patterns, where both are ARNs."""
    got = arns.split(part.got) if isinstance(part.got, str) else None
    wanted = [found for found in map(arns.split, _texts(part)) if found]
    if got is None or not wanted:
        return None
    differing = [
        [i for i, f in enumerate(each) if not Pattern.compile(f, "glob").matches(got[i], {})] for each in wanted
    ]
    nearest = min(differing, key=len)
    if len(nearest) != 1:
        return None
    place = nearest[0]
    fields = tuple(dict.fromkeys(each[place] for each, d in zip(wanted, differing, strict=True) if d == nearest))
    return f"the {arns.FIELDS[place]} in {name} is {got[place] or 'empty'}, the pattern wants {listed(fields)}"


def _excluded(part: Part, _request: Request) -> str:
    if part.operator == f"{ANY}:{NULL}":
        return f"{part.operator} never holds, whether {part.key} is there or not"
    if part.operator.endswith(NULL):
        return f"{part.key} is present, and {part.operator} wants it to be absent"
    return f"{part.key} is {_value(part)}, which {part.operator} {listed(part.wanted)} excludes{_resolution(part)}"


def _absent(part: Part, request: Request) -> str:
    if part.operator == f"{ANY}:{NULL}":
        return _excluded(part, request)
    if part.operator.startswith(ANY) and part.operator.endswith("IfExists") and part.got is None:
        return f"{part.key} is absent{why_absent(part.key, request)}, and IfExists has no effect under {ANY}"
    if part.got is not None:
        return f"{part.key} is empty, which counts as absent"
    return f"{part.key} is absent{why_absent(part.key, request)}"


def _twin(key: str, request: Request) -> str:
    """The key of the other family, where this one belongs to those that the request's principal never has."""
    family = "aws:principalorg" if request.principal.kind == r.SERVICE else "aws:sourceorg"
    return twin_of(key) if key.lower().startswith(family) else ""


_CARRY = "; services carry "
_INSTEAD = re.compile(rf"{_CARRY}(?:aws:Source… keys|aws:\w+)")


def without_instead(sentence: str) -> str:
    """A reason without the key that would do instead: for exercises, where that key is the answer."""
    return _INSTEAD.sub("", sentence)


def why_absent(key: str, request: Request) -> str:
    """Why a key of the caller's or the source's family is absent, as the end of a sentence; empty when not known."""
    name, service = key.lower().removeprefix("aws:"), request.principal.kind == r.SERVICE
    if service and name in ("principalarn", "principalaccount", "principaltype", "userid", "username"):
        return ": the request is made by a service, which is no user or role"
    if name.startswith("principalorg"):
        if service:
            return f": the request is made by a service{_CARRY}{_twin(key, request) or 'aws:Source… keys'}"
        return ": the caller's account is in no organization"
    if name in ("sourcearn", "sourceaccount", "sourceorgid", "sourceorgpaths"):
        if not service:
            return ": it is only there when a service makes the request"
        if name.startswith("sourceorg"):
            return ": the account that the service acts for is in no organization"
    return ""


def _mend_absent(part: Part, request: Request) -> str:
    twin = _twin(part.key, request)
    if twin:
        party = SERVICE_PARTY if request.principal.kind == r.SERVICE else CALLER_PARTY
        return advice("organization-key-on-wrong-side", twin=twin, key=part.key, party=party)
    return advice("absent-key", key=part.key)


def _no_variable(part: Part, name: str) -> str | None:
    if part.resolved and None in part.resolved:
        return f"a variable in {listed(part.wanted)} has no value in this request, so {name} matches nothing"
    return None


def _unknown(part: Part, _request: Request) -> str:
    what = part.key if part.key and part.got is UNKNOWN else f"a variable in {listed(part.wanted)}"
    so = "it is taken as holding, since it denies" if part.matched else "it is taken as failing, since it would allow"
    return f"the lab does not know the value of {what}, which AWS has for this request; {so}"


def _multivalued(part: Part, _request: Request) -> str:
    return (
        f"{part.key} can have several values, and {part.operator} without ForAnyValue: or ForAllValues: before it "
        "never matches such a key"
    )


_CONDITIONS: dict[Outcome, tuple[Words, Words]] = {
    Outcome.HOLDS: (_holds, _holds),
    Outcome.ABSENT_HOLDS: (lambda p, _r: f"{p.key} is absent, which {p.operator} lets pass", _holds),
    Outcome.DIFFERS: (_differs, _mend_difference),
    Outcome.EXCLUDED: (_excluded, lambda p, _r: f"do not let {p.operator} exclude {_value(p)}"),
    Outcome.ABSENT: (_absent, _mend_absent),
    Outcome.MULTIVALUED: (
        _multivalued,
        lambda p, _r: advice("set-operator", quantifier=quantifier(p.operator), operator=p.operator),
    ),
    Outcome.NO_VARIABLE: (
        lambda p, _r: _no_variable(p, p.key) or "",
        lambda p, _r: f"give the variable in {listed(p.wanted)} a default value",
    ),
    Outcome.UNKNOWN: (_unknown, lambda p, _r: f"say what {p.key} is, which the lab does not know"),
}
