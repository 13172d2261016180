"""A pasted text becomes a `PastedError`: read in each way in which its lines may belong together, the best one kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from labkit.diagnosis.pasted import calls, names, plain
from labkit.diagnosis.pasted.denials import Denial, denials
from labkit.diagnosis.pasted.events import event_in, in_words
from labkit.diagnosis.pasted.pullers import OTHER_PULLER, Puller, puller_in
from labkit.diagnosis.pasted.record import UNKNOWN, PastedError
from labkit.diagnosis.pasted.sentences import CALLER_MISSES, Found, found_in
from labkit.iam import arn as arns
from labkit.iam.policies import CheckKind
from labkit.pull.organization import ACCOUNT_ID

_CREATES = frozenset({"lambda:createfunction", "lambda:updatefunctioncode", "lambda:updatefunctionconfiguration"})
_PULLS = frozenset({"ecr:batchgetimage", "ecr:getdownloadurlforlayer"})
_POLICY = frozenset({"ecr:getrepositorypolicy", "ecr:setrepositorypolicy"})
_IDENTITY_MISSES = ("misspelt-action", "half-of-the-actions", "wildcard-in-equals", "condition-mismatch")
_BY_KIND: dict[tuple[CheckKind | None, bool], tuple[str, ...]] = {
    (CheckKind.PRINCIPAL, False): ("caller-identity", *_IDENTITY_MISSES, "not-propagated"),
    (CheckKind.PRINCIPAL, True): ("explicit-deny",),
    (CheckKind.RESOURCE, False): (*CALLER_MISSES, "not-propagated"),
    (CheckKind.RESOURCE, True): ("explicit-deny", "registry-policy"),
    (None, False): ("caller-identity", *CALLER_MISSES, "explicit-deny"),
}
_GUARDS = {
    CheckKind.SERVICE_CONTROL_POLICY: "scp",
    CheckKind.RESOURCE_CONTROL_POLICY: "rcp",
    CheckKind.PERMISSIONS_BOUNDARY: "boundary",
    CheckKind.SESSION: "session-policy",
}
"""Kinds of policy that are one cause, whether they deny or only do not allow."""
_SERVICE = ("(Service: Lambda", "(Service: AWSLambda", "error creating Lambda Function", "updating Lambda Function")
_ENDS = (" (Service:", '"', " │", " Error: ")
_SIGNED_OUT = ("ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId")


@dataclass(frozen=True, slots=True)
class _Line:
    """One reading of the text, and what the tables find in it."""

    line: str
    sentences: list[Found]
    denials: tuple[Denial, ...]
    puller: Puller | None
    arns: list[str]

    @classmethod
    def of(cls, line: str) -> _Line:
        return cls(line, found_in(line), denials(line), puller_in(line), names.arns_in(line))

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much of it is understood: reasons, then sentences, then names and what else is known by its form."""
        code = calls.code_in(self.line), calls.api_in(self.line), names.request_id_in(self.line)
        known = sum(each is not None for each in code) + len(names.images_in(self.line)) + len(self.arns)
        return sum(each.kind is not None for each in self.denials), len(self.sentences), known


def read(text: str) -> PastedError:
    """What a pasted text says. Any text will do, of any length; what it does not say is None."""
    event = event_in(text)
    told = in_words(event) if event else plain.shortened(text)
    best = max(map(_Line.of, plain.readings(plain.cleaned(told))), key=lambda one: one.weight)
    return replace(_error(best), passed_over=0 if event else len(text) - min(len(told), len(text)))


def _error(one: _Line) -> PastedError:
    denial = min(one.denials, key=_relevance, default=None)
    puller = None if any(each.row.speaker == "lambda" for each in one.sentences) else _puller(one, denial)
    sentence = one.sentences[0] if one.sentences and puller is None else None
    api = calls.api_in(one.line) or _api_of(denial)
    images, masked = _images(one, sentence), [arn for arn in one.arns if names.is_masked(arn)]
    function, caller = names.function_in(one.line, one.arns), _caller(one.line, denial)
    role = names.execution_role_in(one.line) or _passed(one.denials)
    stacks = [str(arn) for arn in map(arns.split, one.arns) if arn and arn.service == "cloudformation"]
    return PastedError(
        speaker=_speaker(one, sentence, denial, puller),
        looks_like=_looks_like(one, denial, puller),
        code=calls.code_in(one.line) or (sentence.row.code if sentence else None) or calls.handler_code_in(one.line),
        api=api,
        operation=calls.operation_in(one.line, api) or (sentence.row.operation if sentence else None),
        sentence=_sentence(one, sentence, denial, puller),
        accounts=names.accounts_in(one.line),
        region=names.region_in(one.line, one.arns),
        image=next((image for image in images if not names.is_masked(image)), None),
        function=function,
        caller=caller,
        execution_role=role,
        request_id=names.request_id_in(one.line),
        stack_state=calls.stack_state_in(one.line),
        function_account=_account([function, *stacks, caller, role]),
        denial=denial,
        puller=puller,
        masked=tuple(dict.fromkeys([*(image for image in images if names.is_masked(image)), *masked])),
    )


def _relevance(denial: Denial) -> int:
    """Which of several denials is the one that the question is about."""
    order = (_PULLS, _CREATES, {"iam:passrole"}, _POLICY)
    return next((at for at, actions in enumerate(order) if denial.action.lower() in actions), len(order))


def _puller(one: _Line, denial: Denial | None) -> Puller | None:
    """Who else pulls here; a refused call of Lambda's own API is nobody else's, whatever stands beside it."""
    return None if denial and denial.action.lower() in _CREATES | {"iam:passrole"} else one.puller


def _images(one: _Line, sentence: Found | None) -> list[str]:
    named = sentence.names.get("image") if sentence else None
    return [*([named] if named else []), *names.images_in(one.line)]


def _api_of(denial: Denial | None) -> str | None:
    return denial.action.partition(":")[2] if denial and denial.action.lower() in _CREATES else None


def _caller(line: str, denial: Denial | None) -> str | None:
    if denial and denial.principal and arns.split(denial.principal) and not names.is_masked(denial.principal):
        return denial.principal
    return names.caller_in(line)


def _passed(found: Sequence[Denial]) -> str | None:
    """The role that the caller may not pass: it is the function's execution role."""
    roles = (each.resource for each in found if each.action.lower() == "iam:passrole" and each.resource)
    return next((role for role in roles if arns.split(role) and not names.is_masked(role)), None)


def _account(names_of_the_call: Sequence[str | None]) -> str | None:
    """The function's account: it is where the call is made, so also the stack's, the caller's and the passed role's."""
    accounts = (arns.account_of(each) for each in names_of_the_call if each)
    return next((account for account in accounts if account and ACCOUNT_ID.fullmatch(account)), None)


def _speaker(one: _Line, sentence: Found | None, denial: Denial | None, puller: Puller | None) -> str:
    if puller is not None:
        return puller.id
    if sentence is not None:
        return sentence.row.speaker
    if denial is not None:
        return denial.service
    if any(word in one.line for word in _SIGNED_OUT):
        return "sts"
    is_lambdas = calls.api_in(one.line) in calls.OPERATIONS or any(word in one.line for word in _SERVICE)
    return "lambda" if is_lambdas else UNKNOWN


def _sentence(one: _Line, sentence: Found | None, denial: Denial | None, puller: Puller | None) -> str | None:
    """AWS's sentence as it stands in the text: of another puller the words by which it was known, and what follows."""
    if sentence is not None:
        return sentence.text
    if denial is not None:
        return _stretch(one.line, denial.action, before=500)
    word = next((word for word in puller.words if word in one.line), None) if puller else None
    return _stretch(one.line, word, before=0) if word else None


def _stretch(line: str, word: str, before: int) -> str:
    """The sentence around a word: from ``User`` on, where one is told, up to a quote, an aside or the next error."""
    at = line.find(word)
    start = line.rfind("User", max(0, at - before), at) if before else -1
    start = at if start < 0 else start
    ends = [line.find(mark, at, start + 900) for mark in _ENDS]
    return line[start : min((end for end in ends if end >= 0), default=start + 900)].strip()


def _looks_like(one: _Line, denial: Denial | None, puller: Puller | None) -> tuple[str, ...]:
    if puller is not None:
        return (OTHER_PULLER,)
    causes = [cause for found in one.sentences for cause in found.row.looks_like]
    return tuple(dict.fromkeys([*causes, *(_of_denial(denial) if denial else ())]))


def _of_denial(denial: Denial) -> tuple[str, ...]:
    action = denial.action.lower()
    if action in _CREATES:
        return ("vpc-endpoint",) if denial.kind is CheckKind.VPC_ENDPOINT else ("create-function-denied",)
    if action == "iam:passrole":
        return ("pass-role",)
    if action in _POLICY:
        return ("caller-cannot-add",)
    if action not in _PULLS:
        return ()
    return (_GUARDS[denial.kind],) if denial.kind in _GUARDS else _BY_KIND.get((denial.kind, denial.explicit), ())
