"""Made-up pulls of which a policy can be asked: functions of an account, and administrators there who create them.

A policy is for a pull of an account's functions when there is a function of that account, and an administrator who
creates it, whom it lets in. Which names these may have, and in which units of an organization the account stands, is
taken from the policy itself, where it asks for such; so a policy for ``function:app-*`` is asked about ``app-x``. What
the policy itself cannot know, whether the account stands in the organization that it names, is taken as given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from labkit.check.located import LocatedStatement
from labkit.iam import Decision, Policies, Policy, Principal
from labkit.iam import arn as arns
from labkit.pull.organization import ORGANIZATION_ID, OUTSIDER, Membership
from labkit.pull.question import PullQuestion, caller_context
from labkit.pull.uri import ImageUri

_REGION, _NAME, _ROOT = "eu-central-1", "function", "r-0000"
_MADE_UP = "x"
_MOST = 24  # of functions, principals and places that one account is tried with
_REGISTRY = "813835382529"  # stands for the registry's account where that is not known
_OTHER = "592444418872"  # and for that of functions where no account is named, or the first is asked about itself
_ADMINISTRATOR = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, "AdministratorAccess"
)


@dataclass(frozen=True, slots=True)
class LambdaPull:
    """What a repository policy is for: that Lambda gets images of it, for functions of ``function_account``.

    ``registry_account`` owns the repository. An empty text: it is not known which account that is.
    """

    function_account: str = ""
    registry_account: str = ""


def someone_else(account: str) -> str:
    """An account that is not this one, to stand for all others."""
    return _OTHER if account != _OTHER else _REGISTRY


class Asked(NamedTuple):
    """How the made-up pulls of an account come out that come closest: the decisions about Lambda and the caller.

    ``place`` is where the account was taken to stand. ``caller`` is empty where the repository is the account's own.
    """

    account: str
    place: Membership
    service: tuple[Decision, ...]
    caller: tuple[Decision, ...]

    @property
    def refused(self) -> int:
        """How many of the decisions refuse."""
        return sum(not decision.allowed for decision in (*self.service, *self.caller))


def ask(policy: Policy | None, statements: Sequence[LocatedStatement], account: str, registry: str) -> Asked:
    """The pull of a function of that account; ``registry`` owns the repository."""
    places = _places(statements)
    found = [_at(place, policy, statements, account, registry) for place in (OUTSIDER, *places)]
    if not found[0].refused:  # it needs no organization
        return found[0]
    return min([*found[1:], found[0]], key=lambda asked: asked.refused)


def _at(
    place: Membership, policy: Policy | None, statements: Sequence[LocatedStatement], account: str, registry: str
) -> Asked:
    functions, callers = _functions(statements, account), _callers(statements, account)
    found = [
        _question(function, caller, place, policy, registry).decide()
        for function, caller in zip_longest(functions, callers, fillvalue=None)
        for function, caller in [(function or functions[0], caller or callers[0])]
    ]
    return Asked(account, place, _closest([each.service for each in found]), _closest([each.caller for each in found]))


def _question(
    function: str, caller: Principal, place: Membership, policy: Policy | None, registry: str
) -> PullQuestion:
    image = ImageUri(registry, arns.parse(function).region, "repository", "latest")
    administrator = Policies(identity=(_ADMINISTRATOR,))
    return PullQuestion(caller, administrator, caller_context(caller, place), function, image, policy, place)


def _closest(sides: Sequence[tuple[Decision, ...]]) -> tuple[Decision, ...]:
    """The side that is let in or, where none is, the one of which the fewest parts fail."""
    if len(sides) == 1:
        return sides[0]
    return min(sides, key=lambda side: [sum(not each.allowed for each in side), sum(map(_failed, side))])


def _failed(decision: Decision) -> int:
    miss = decision.nearest_miss
    return miss.changes if miss else 0


def _functions(statements: Sequence[LocatedStatement], account: str) -> list[str]:
    """ARNs of functions of the account: of any name, and such as conditions on aws:SourceArn ask for."""
    found = [f"arn:aws:lambda:{_REGION}:{account}:function:{_NAME}"]
    for text in _values(statements, "aws:sourcearn"):
        fields = arns.split(text)
        if fields and fields.account == account and fields.service == "lambda":
            kind, _, name = fields.resource.partition(":")
            name = _filled(name.partition(":")[0] if kind == "function" else "*")
            region = _REGION if "*" in fields.region else _filled(fields.region)
            found.append(f"arn:{_filled(fields.partition)}:lambda:{region}:{account}:function:{name or _NAME}")
    return list(dict.fromkeys(found))[:_MOST]


def _callers(statements: Sequence[LocatedStatement], account: str) -> list[Principal]:
    """Administrators of the account: one of whom no policy knows, and those whom the policy names."""
    named = [each.text for statement in statements for each in statement.principals if each.kind == "AWS"]
    named += map(_filled, _values(statements, "aws:principalarn"))
    fields = [(text, arns.split(text)) for text in named]
    own = [
        text for text, arn in fields if arn and arn.account == account and arn.resource.startswith(("role/", "user/"))
    ]
    listed = [f"arn:aws:iam::{account}:role/Deployer", *own]
    return [Principal.aws(arn) for arn in dict.fromkeys(listed[:_MOST])]


def _places(statements: Sequence[LocatedStatement]) -> list[Membership]:
    """Each place of an organization that a condition asks for."""
    ids = [text for family in ("principal", "source") for text in _values(statements, f"aws:{family}orgid")]
    paths = [text for family in ("principal", "source") for text in _values(statements, f"aws:{family}orgpaths")]
    below = [_path(text) for text in paths]
    owners = dict.fromkeys([*ids, *(text.partition("/")[0] for text in below)])
    found = []
    for owner in filter(ORGANIZATION_ID.fullmatch, owners):
        own = [path for path in below if path.startswith(f"{owner}/")]
        found += [Membership(owner, (path,)) for path in own or [f"{owner}/{_ROOT}/"]]
    return found[:_MOST]


def _path(pattern: str) -> str:
    """A path as an account has one that the pattern is meant for: with an end, and without wildcards."""
    path = pattern.rstrip("*")
    return _filled(path if path.endswith("/") else f"{path}/")


def _filled(pattern: str) -> str:
    return pattern.replace("*", _MADE_UP).replace("?", _MADE_UP)


def _values(statements: Sequence[LocatedStatement], key: str) -> list[str]:
    """The values of a condition key in statements that allow, in their order."""
    conditions = [each for statement in statements if statement.allows for each in statement.conditions]
    return [value.text for each in conditions if each.lower_key == key for value in each.values]
