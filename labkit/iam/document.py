"""Policy documents: from JSON to compiled statements.

A document is read strictly: what AWS would refuse raises ``PolicyError`` with the place and the reason, so that
nothing is ever evaluated that means something else than its author thinks. Which elements a kind of policy may hold
(a repository policy has no Resource, an identity policy no Principal) is checked by those who take such policies.

Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from labkit.errors import PolicyError
from labkit.ground.json_mistakes import located
from labkit.iam.conditions import Condition
from labkit.iam.principals import PrincipalEntry
from labkit.iam.statement import Element, Statement

VERSIONS = ("2012-10-17", "2008-10-17")
PRINCIPAL_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)


class Policy(NamedTuple):
    """A compiled policy document: ``statements`` in their order, the ``source`` text, and a ``name`` to speak of.

    ``arn`` is that of a policy which has one, a managed policy or one of an organization: AWS says it where the policy
    denies explicitly.
    """

    version: str
    statements: tuple[Statement, ...]
    source: str
    name: str = ""
    arn: str = ""

    @classmethod
    def parse(cls, source: str | Mapping[str, Any], name: str = "", arn: str = "") -> Policy:
        """Compiles a document given as JSON text or as what ``json.loads`` makes of it.

        Raises PolicyError. Texts that were compiled lately are kept: many short ones, few long ones.
        """
        text = source if isinstance(source, str) else _dumped(source)
        return (_short if len(text) <= _LONGEST_SHORT else _long)(text, name, arn)

    def __repr__(self) -> str:
        return f"<Policy {self.name or 'without a name'}: {', '.join(each.label for each in self.statements)}>"


def _dumped(source: Any) -> str:
    try:
        return json.dumps(source)
    except (TypeError, ValueError):
        raise PolicyError("The policy is neither JSON text nor made of what JSON has.") from None
    except RecursionError:
        raise PolicyError("The policy is nested too deeply to be read.") from None


def _compile(text: str, name: str, arn: str) -> Policy:
    document = _load(text)
    _check_elements(document, DOCUMENT_ELEMENTS, "the policy")
    version = document.get("Version", VERSIONS[1])
    if version not in VERSIONS:
        raise PolicyError(f"Version is {version!r}; it must be {VERSIONS[0]} (or the old {VERSIONS[1]}).")
    raw = document.get("Statement")
    statements = raw if isinstance(raw, list) else [raw]
    if raw is None or not statements:
        raise PolicyError("The policy has no Statement.")
    compiled = tuple(_statement(i, each, version, name) for i, each in enumerate(statements))
    return Policy(version, compiled, text, name, arn)


#: A compiled policy takes some 15 times its text: what is kept is at most some 40 MB, whoever sends what.
_LONGEST_SHORT = 1_024
_short, _long = lru_cache(2048)(_compile), lru_cache(64)(_compile)


def _load(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
        text.encode() if "\\u" not in text else json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise PolicyError(f"The policy is not JSON: {located(text, error)}") from None
    except RecursionError:
        raise PolicyError("The policy is nested too deeply to be read.") from None
    except UnicodeEncodeError:
        raise PolicyError("The policy holds half of a character (a lone surrogate), which is not Unicode.") from None
    except ValueError:
        raise PolicyError("The policy holds a number with too many digits.") from None
    if not isinstance(document, dict):
        raise PolicyError("The policy is not a JSON object with Version and Statement.")
    if "Effect" in document and "Statement" not in document:
        raise PolicyError(
            "This is a bare statement, not a policy. "
            'Put it into a document: {"Version": "2012-10-17", "Statement": [ … ]}.'
        )
    return document


def _no_constant(name: str) -> None:
    raise PolicyError(f"The policy is not JSON: {name} is no value in it.")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise PolicyError(f"The key {twice!r} stands twice in one JSON object; AWS keeps neither.")
    return found


def _check_elements(value: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for element in value:
        if element not in known:
            raise PolicyError(f"Unknown element {element!r} in {where}{_suggestion(element, known)}.")


def _suggestion(word: str, known: tuple[str, ...]) -> str:
    import difflib

    folded = {each.lower(): each for each in known}
    close = difflib.get_close_matches(word[:40].lower(), folded, 1)
    return f"; did you mean {folded[close[0]]!r}?" if close else f"; known are {', '.join(known)}"


def _statement(index: int, raw: Any, version: str, policy: str) -> Statement:
    where = f"statement {index + 1}"
    if not isinstance(raw, dict):
        raise PolicyError(f"{_upper(where)} is not a JSON object.")
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        raise PolicyError(f"The Sid of {where} is not a text.")
    where = f"{where} ({sid})" if sid else where
    _check_elements(raw, STATEMENT_ELEMENTS, where)
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"Effect of {where} is {raw.get('Effect')!r}; it must be 'Allow' or 'Deny'.")
    variables = version == VERSIONS[0]
    action = _element(raw, "Action", where, variables=False)
    if action is None:
        raise PolicyError(f"{_upper(where)} has neither Action nor NotAction.")
    name = _one_of(raw, "Principal", where)
    entries = None if name is None else _principals(raw[name], f"{name} of {where}")
    return Statement(
        index,
        sid,
        raw["Effect"],
        entries,
        name == "NotPrincipal",
        action,
        _element(raw, "Resource", where, variables=variables),
        _conditions(raw.get("Condition", {}), where, variables),
        policy,
    )


def _upper(where: str) -> str:
    return where[:1].upper() + where[1:]


def _one_of(raw: Mapping[str, Any], name: str, where: str) -> str | None:
    """Which of an element and its Not form stands in the statement."""
    present = [element for element in (name, f"Not{name}") if element in raw]
    if len(present) == 2:
        raise PolicyError(f"{_upper(where)} has both {name} and Not{name}; only one may stand there.")
    return present[0] if present else None


def _strings(value: Any, what: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str) for each in values):
        raise PolicyError(f"{what} must be a text or a list of texts.")
    return tuple(values)


def _element(raw: Mapping[str, Any], name: str, where: str, *, variables: bool) -> Element | None:
    present = _one_of(raw, name, where)
    if present is None:
        return None
    listed = raw[present]
    if name == "Resource" and isinstance(listed, list):
        listed = [each for each in listed if each is not None]  # IAM skips a null there
    values = _strings(listed, f"{present} of {where}")
    for value in values:
        if value != "*" and ":" not in value:
            raise PolicyError(f"{present} of {where} holds {value!r}; it needs a prefix, such as {_EXAMPLES[name]}.")
    return Element.compile(present, values, "glob-any-case" if name == "Action" else "glob", variables=variables)


_EXAMPLES = {
    "Action": "ecr:BatchGetImage",
    "Resource": "arn:aws:ecr:eu-central-1:111122223333:repository/name",
}


def _principals(value: Any, what: str) -> tuple[PrincipalEntry, ...]:
    if value == "*":
        return (PrincipalEntry("AWS", "*"),)
    if not isinstance(value, dict) or not value:
        raise PolicyError(f'{what} must be "*" or an object such as {{"Service": "lambda.amazonaws.com"}}.')
    _check_elements(value, PRINCIPAL_KINDS, what)
    return tuple(PrincipalEntry(kind, text) for kind in value for text in _strings(value[kind], f"{kind} in {what}"))


def _conditions(value: Any, where: str, variables: bool) -> tuple[Condition, ...]:
    if not isinstance(value, dict):
        raise PolicyError(f"Condition of {where} must be an object of operators.")
    found = []
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise PolicyError(f"{operator} in {where} must be an object of condition keys.")
        for key, raw in keys.items():
            values = _condition_values(raw, f"{key} in {where}")
            try:
                found.append(Condition.compile(operator, key, values, variables))
            except KeyError:
                raise PolicyError(f"Unknown condition operator {operator!r} in {where}.") from None
    return tuple(found)


def _condition_values(raw: Any, what: str) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(each, str | int | float) for each in values):
        raise PolicyError(f"The value of {what} must be a text, a number, true or false, or a list of these.")
    return tuple(_text(each) for each in values)


def _text(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
