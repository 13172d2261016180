"""Which functions run which images, by GetFunction (ResolvedImageUri) or ListFunctions.

ListFunctions tells the image's digest alone, as CodeSha256, and not from which repository (Lambda API Reference,
FunctionConfiguration).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.diagnosis.audit.estate import Use
from labkit.diagnosis.audit.reading.indexed import Indexed, text_in
from labkit.diagnosis.evidence.missing import Call, not_known
from labkit.diagnosis.facts import NotKnown
from labkit.iam import arn as arns
from labkit.pull.function import FunctionRef, InvalidFunctionName
from labkit.pull.uri import ImageUri, InvalidImageUri

_HEX = re.compile(r"[0-9a-f]{64}")


def uses(indexed: Indexed, region: str) -> Iterator[Use]:
    """The image functions of a region, each version that was read once; who tells more goes before who tells less."""
    found: dict[str, Use] = {}
    for answer in indexed.all("get-function"):
        told = answer.answer or {}
        configuration, code = told.get("Configuration"), told.get("Code")
        if isinstance(configuration, Mapping) and isinstance(code, Mapping):
            arn, image = text_in(configuration, "FunctionArn"), _image(text_in(code, "ResolvedImageUri"))
            if image is not None and image.digest and _is_function(arn, region):
                found[_of(arn)] = Use(arn, image.digest, image.repository_arn, text_in(code, "ImageUri"))
    for each in indexed.listed("list-functions", "Functions"):
        arn, digest = text_in(each, "FunctionArn"), _digest(each)
        if digest and _is_function(arn, region):
            found.setdefault(_of(arn), Use(arn, digest))
    yield from found.values()


def accounts_read(indexed: Indexed) -> frozenset[str]:
    """The accounts whose functions were listed."""
    return frozenset(
        each.account or _account_of(each.answer)
        for each in indexed.all("list-functions")
        if each.answer is not None and (each.account or _account_of(each.answer))
    )


def not_listed(indexed: Indexed) -> tuple[NotKnown, ...]:
    """The accounts whose functions could not be listed, and why."""
    refused = (each for each in indexed.all("list-functions") if each.error is not None)
    return tuple(
        not_known(f"the functions of {e.account or 'an account'}", Call("lambda", e.operation, e.account), e)
        for e in refused
    )


def _account_of(answer: Mapping[str, Any]) -> str:
    listed = answer.get("Functions")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
    return arns.account_of(text_in(first, "FunctionArn")) or ""


def _of(arn: str) -> str:
    return arn.removesuffix(":$LATEST")


def _is_function(arn: str, region: str) -> bool:
    try:
        return arn.startswith("arn:") and FunctionRef.parse(arn).region == region
    except InvalidFunctionName:
        return False


def _image(uri: str) -> ImageUri | None:
    try:
        return ImageUri.parse(uri)
    except InvalidImageUri:
        return None


def _digest(configuration: Mapping[str, Any]) -> str:
    found = text_in(configuration, "CodeSha256")
    is_image = configuration.get("PackageType") == "Image" and _HEX.fullmatch(found)
    return f"sha256:{found}" if is_image else ""
