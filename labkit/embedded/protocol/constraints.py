"""What the model demands of parameters: required members, lengths, ranges, patterns, enumerations; in AWS's words.

Most services list all violations in one sentence; ECR names the first in a form of its own, which its answers to users
show; Organizations says of the first what kind it is, and in which member of the error's shape, but not where it
stands (answers to users, and the reasons in its API Reference). Patterns are written for Java in the models; what only
Java knows in them, the classes of Unicode in those of tags, is said in Python's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from botocore.model import OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

from labkit.embedded.protocol.calls import ServiceError

_CODES = {
    "sts": "ValidationError",
    "iam": "ValidationError",
    "lambda": "ValidationException",
}
_SCALARS = frozenset({"string", "integer", "long", "float", "double", "boolean"})
_CHECKED_ALONE = frozenset({"RepositoryName"})  # ECR checks each name of a list as if it were the only one
_MAY_BE_NULL = frozenset({"SecurityGroupId"})  # of these members AWS was seen not to say "Member must not be null"
_LONGEST_SHOWN = 4096  # AWS was seen to show 299 characters whole; a whole body need not come back
_OF_MEMBERS = "satisfy constraint: "
_OF_KEYS, _OF_VALUES = _OF_MAPS = ("Map keys must satisfy constraint: ", "Map value must satisfy constraint: ")
# Letters, separators and numbers, as the patterns of tags name them and as Python does; "_" is theirs as well.
_ANY_LANGUAGE = r"\p{L}\p{Z}\p{N}"
_IN_PYTHON = r"\w\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Java writes what lies beyond 16 bits as pairs of surrogates, in a range from pair to pair.
_BEYOND_16_BITS, _AS_ONE_RANGE = r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"
#: What Organizations answers, reason and sentence, by the beginning of the demand.
_IN_WORDS_OF_ORGANIZATIONS = {
    "not be null": ("INPUT_REQUIRED", "You must include a value for all required parameters."),
    "satisfy enum": ("INVALID_ENUM", "You specified an invalid value."),
    "satisfy regular": ("INVALID_PATTERN", "You provided a value that does not match the required pattern."),
    "have length less": ("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."),
    "have length greater": ("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed."),
    "have value less": (
        "MAX_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a larger value than allowed.",
    ),
    "have value greater": (
        "MIN_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a smaller value than allowed.",
    ),
    _OF_MEMBERS: (
        "INVALID_LIST_MEMBER",
        "You provided a list to a parameter that contains at least one invalid value.",
    ),
}
#: What IAM itself says of a value, by the pattern that it does not match (public logs); it reads lengths before.
_IN_WORDS_OF_IAM = {
    r"[\w+=,.@-]+": "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": (
        "It must begin and end with / and contain only alphanumeric characters and/or / characters."
    ),
}
#: What CloudTrail answers, by the beginning of the parameter's name.
_ERRORS_OF_CLOUDTRAIL = {
    "maxResults": ("InvalidMaxResultsException", "This exception is thrown if the limit specified is not valid."),
    "eventCategory": (
        "InvalidEventCategoryException",
        "Occurs if an event category that is not valid is specified as a value of EventCategory.",
    ),
    "": ("InvalidLookupAttributesException", "Occurs when a lookup attribute is specified that is not valid."),
}
_POLICY_TYPES = {"PolicyType", "EffectivePolicyType"}
_NO_POLICY_TYPE = ("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type string.")


class _Violation(NamedTuple):
    shape: Shape
    value: Any
    where: str
    demand: str  # what the member must


def check(operation: OperationModel, params: Mapping[str, Any]) -> None:
    """Raise the service's validation `ServiceError` unless ``params`` satisfies the operation's input shape."""
    found = list(_structure(operation.input_shape, params, "")) if operation.input_shape else []
    if not found:
        return
    service = operation.service_model.service_name
    if service == "ecr":
        raise invalid(found[0].where, _in_words_of_ecr(found[0]))
    if service == "organizations":
        raise _invalid_input(found[0])
    if service == "cloudtrail":
        raise _of_cloudtrail(found[0])
    usual = [each for each in found if service != "iam" or _in_words_of_iam(each) is None]
    text = summary([_in_words_of_most(each) for each in usual]) if usual else _in_words_of_iam(found[0])
    raise ServiceError(_CODES[service], str(text))


def fits(shape: Shape, value: Any) -> bool:
    """Whether a value, of whichever type it is, is what a shape demands."""
    return not ParamValidator().validate(value, shape).has_errors() and not any(_value(shape, value, ""))


def summary(violations: Sequence[str]) -> str:
    """The sentence that tells all violations at once."""
    plural = "" if len(violations) == 1 else "s"
    return f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"


def invalid(parameter: str, constraint: str) -> ServiceError:
    """ECR's error for a parameter that breaks a constraint."""
    text = f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"
    return ServiceError("InvalidParameterException", text)


def _invalid_input(violation: _Violation) -> ServiceError:
    """Organizations' error for a parameter that breaks a constraint."""
    beginnings = _IN_WORDS_OF_ORGANIZATIONS.items()
    reason, text = next(words for beginning, words in beginnings if violation.demand.startswith(beginning))
    if reason == "INVALID_ENUM" and violation.shape.name in _POLICY_TYPES:
        reason, text = _NO_POLICY_TYPE
    return ServiceError("InvalidInputException", text, fields={"Reason": reason})


def _of_cloudtrail(violation: _Violation) -> ServiceError:
    """CloudTrail's error for a parameter that breaks a constraint, with what its API Reference says of it."""
    code, text = next(row for part, row in _ERRORS_OF_CLOUDTRAIL.items() if violation.where.startswith(part))
    return ServiceError(code, text)


def _in_words_of_iam(violation: _Violation) -> str | None:
    """IAM's sentence about characters that may not stand in a name or path; None for everything else."""
    words = _IN_WORDS_OF_IAM.get(violation.demand.removeprefix(_pattern("")))
    return words and f"The specified value for {violation.where} is invalid. {words}"


def _in_words_of_most(violation: _Violation) -> str:
    demand = violation.demand
    if demand.startswith(_OF_MEMBERS) and violation.shape.member.name not in _MAY_BE_NULL:  # ECR leaves this out
        demand = f"{demand[:-1]}, Member must not be null]"
    demand = demand if demand.startswith(_OF_MAPS) else f"Member must {demand}"
    shown = "" if violation.shape.metadata.get("sensitive") else f" {_shown(violation.value)}"
    return f"Value{shown} at '{violation.where}' failed to satisfy constraint: {demand}"


def _in_words_of_ecr(violation: _Violation) -> str:
    kind, _, pattern = violation.demand.partition("pattern: ")
    if violation.shape.type_name == "string" and kind == "satisfy regular expression ":
        plain = pattern.replace("\\/", "/")
        return f"must satisfy regular expression '{plain}'"
    own = violation.shape.type_name == "string" and kind.startswith("have length")
    return f"must {violation.demand}" if own else f"Member must {violation.demand}"


# -- Walking the shapes --------------------------------------------------------------------------------------------


def _structure(shape: StructureShape, value: Mapping[str, Any], where: str) -> Iterator[_Violation]:
    for name in shape.required_members:
        if name not in value:
            yield _Violation(shape, None, _join(where, name), "not be null")
    for name, item in value.items():
        yield from _value(shape.members[name], item, _join(where, name))


def _value(shape: Shape, value: Any, where: str) -> Iterator[_Violation]:
    if getattr(shape, "is_document_type", False):
        return
    checker = _CHECKERS.get(shape.type_name)
    if checker is not None:
        yield from checker(shape, value, where)


def _list(shape: Any, value: list[Any], where: str) -> Iterator[_Violation]:
    yield from _length(shape, value, where)
    if shape.member.name in _CHECKED_ALONE:
        for item in value:
            yield from _value(shape.member, item, _lower(shape.member.name))
    elif shape.member.type_name not in _SCALARS:
        for number, item in enumerate(value, start=1):
            yield from _value(shape.member, item, f"{where}.{number}.member")
    elif any(violation for item in value for violation in _value(shape.member, item, where)):
        yield _Violation(shape, value, where, f"{_OF_MEMBERS}[{', '.join(_demands(shape.member))}]")


def _demands(shape: Any) -> Iterator[str]:
    """Everything that is demanded of a list's members; they are told together, whichever was broken."""
    bounds = {"max": "less", "min": "greater"}
    what = "length" if shape.type_name == "string" else "value"
    for bound, relation in bounds.items():
        if bound in shape.metadata:
            limit = shape.metadata[bound]
            yield f"Member must have {what} {relation} than or equal to {_limit(shape, limit)}"
    if "pattern" in shape.metadata:
        yield f"Member must {_pattern(shape.metadata['pattern'])}"
    if shape.type_name == "string" and shape.enum:
        yield f"Member must {_enumeration(shape.enum)}"


def _map(shape: Any, value: Mapping[str, Any], where: str) -> Iterator[_Violation]:
    yield from _length(shape, value, where)
    if any(violation for key in value for violation in _value(shape.key, key, where)):
        yield _Violation(shape, value, where, f"{_OF_KEYS}[{', '.join(_demands(shape.key))}]")
    if shape.value.type_name not in _SCALARS:
        for key, item in value.items():
            yield from _value(shape.value, item, f"{where}.{key}.member")
    elif any(violation for item in value.values() for violation in _value(shape.value, item, where)):
        demands = [*_demands(shape.value), "Member must not be null"]
        yield _Violation(shape, value, where, f"{_OF_VALUES}[{', '.join(demands)}]")


def _string(shape: Any, value: str, where: str) -> Iterator[_Violation]:
    yield from _length(shape, value, where)
    if shape.enum and value not in shape.enum:
        yield _Violation(shape, value, where, _enumeration(shape.enum))
    pattern = shape.metadata.get("pattern")
    compiled = compile_pattern(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield _Violation(shape, value, where, _pattern(pattern))


def _enumeration(values: Sequence[str]) -> str:
    return f"satisfy enum value set: [{', '.join(values)}]"


def _pattern(pattern: str) -> str:
    return f"satisfy regular expression pattern: {pattern}"


def _length(shape: Any, value: Any, where: str) -> Iterator[_Violation]:
    yield from _bounds(shape, value, len(value), where, "have length")


def _number(shape: Any, value: Any, where: str) -> Iterator[_Violation]:
    yield from _bounds(shape, value, value, where, "have value")


def _limit(shape: Any, limit: float) -> float:
    """A bound as Java shows it: with a decimal point where members have one."""
    return float(limit) if shape.type_name in ("float", "double") else limit


def _bounds(shape: Any, value: Any, size: float, where: str, what: str) -> Iterator[_Violation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _Violation(shape, value, where, f"{what} greater than or equal to {_limit(shape, least)}")
    if most is not None and size > most:
        yield _Violation(shape, value, where, f"{what} less than or equal to {_limit(shape, most)}")


# -- Words ---------------------------------------------------------------------------------------------------------


def _shown(value: Any) -> str:
    return "null" if value is None else f"'{_plain(value)[:_LONGEST_SHOWN]}'"


def _plain(value: Any) -> str:
    """A value as Java shows it."""
    if isinstance(value, list):
        return f"[{', '.join(_plain(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}={_plain(item)}' for name, item in value.items())}}}"
    return str(value)


def _join(where: str, name: str) -> str:
    return f"{where}.{_lower(name)}" if where else _lower(name)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """A model's pattern as Python reads it; None when Python cannot."""
    flags = re.UNICODE if _ANY_LANGUAGE in pattern else re.ASCII  # as Java reads \w and \d
    try:
        return re.compile(pattern.replace(_ANY_LANGUAGE, _IN_PYTHON).replace(_BEYOND_16_BITS, _AS_ONE_RANGE), flags)
    except re.error:
        return None


_CHECKERS: dict[str, Callable[[Any, Any, str], Iterator[_Violation]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _length,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
}
