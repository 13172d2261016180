"""A registry as answers of Amazon ECR tell it: DescribeRepositories, Get…Policy, DescribeImages.

Repositories that only a policy or images were saved of count too. Times are ISO 8601 or seconds, as the CLI prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labkit.diagnosis.audit.estate import Registry, Repository, StoredImage
from labkit.diagnosis.audit.reading.indexed import Indexed, objects, subject_of, text_in
from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.evidence.folder import moment
from labkit.diagnosis.evidence.missing import Call, is_not_there, not_known
from labkit.diagnosis.facts import NotKnown
from labkit.errors import UsageError
from labkit.iam import arn as arns

_OF_REPOSITORIES = ("get-repository-policy", "get-lifecycle-policy", "describe-images")
_OF_REGISTRIES = ("describe-repositories", "get-registry-policy", *_OF_REPOSITORIES)


def only_registry(indexed: Indexed, account: str = "", region: str = "") -> tuple[str, str]:
    """The account and region of the registry that the answers tell of. Raises UsageError for none, or several."""
    found = {each for op in _OF_REGISTRIES for answer in indexed.all(op) for each in _registries(answer)}
    fitting = sorted(each for each in found if account in ("", each[0]) and region in ("", each[1] or region))
    accounts = sorted({each[0] for each in fitting if each[0]} or ({account} if account else set()))
    regions = sorted({each[1] for each in fitting if each[1]} or ({region} if region else set()))
    if len(accounts) > 1 or len(regions) > 1:
        listed = ", ".join(" in ".join(filter(None, each)) for each in fitting)
        raise UsageError(f"There are answers of several registries: {listed}. Say which: --registry-account, --region.")
    if not fitting or not accounts:
        raise UsageError(
            "Nothing in it tells of a registry: save the answer of aws ecr describe-repositories there, and of "
            "get-repository-policy for each repository, or let labkit collect do it."
        )
    return accounts[0], regions[0] if regions else _no_region(accounts[0])


def _no_region(account: str) -> str:
    raise UsageError(f"The answers do not tell in which region the registry {account} is: say it with --region.")


def _registries(answer: Answer) -> Iterator[tuple[str, str]]:
    for each in objects(answer, "repositories"):
        named = arns.split(text_in(each, "repositoryArn"))
        yield (named.account, named.region) if named else (text_in(each, "registryId"), answer.region)
    told = answer.params.get("registryId") or text_in(answer.answer or {}, "registryId")
    for each in objects(answer, "imageDetails")[:1]:
        told = told or text_in(each, "registryId")
    if told or answer.account:
        yield str(told or answer.account), answer.region


def registry(indexed: Indexed, account: str, region: str) -> Registry:
    """The registry of an account in a region."""
    here = _Here(indexed, account, region)
    names = sorted(here.names())
    listed = here.first("describe-repositories", "")
    refused = listed is not None and listed.error is not None and not names
    return Registry(
        account,
        region,
        _text(here, "get-registry-policy", "", "policyText", "the registry policy"),
        here.missing("which repositories there are", "describe-repositories", listed)
        if refused
        else tuple(_repository(here, name) for name in names),
    )


class _Here:
    """The answers about one registry."""

    def __init__(self, indexed: Indexed, account: str, region: str) -> None:
        self._indexed, self.account, self.region = indexed, account, region

    def all(self, operation: str) -> Iterator[Answer]:
        return (each for each in self._indexed.all(operation) if self._is_here(each))

    def first(self, operation: str, subject: str) -> Answer | None:
        return next((each for each in self._indexed.about(operation, subject) if self._is_here(each)), None)

    def about(self, operation: str, subject: str) -> list[Answer]:
        return [each for each in self._indexed.about(operation, subject) if self._is_here(each)]

    def missing(self, what: str, operation: str, answer: Answer | None) -> NotKnown:
        return not_known(what, Call("ecr", operation, self.account), answer)

    def names(self) -> set[str]:
        described = (one for each in self.all("describe-repositories") for one in objects(each, "repositories"))
        found = {text_in(each, "repositoryName") for each in described if self._is_ours(each)}
        found |= {subject_of(each) or _of_images(each) for op in _OF_REPOSITORIES for each in self.all(op)}
        return found - {""}

    def _is_ours(self, described: Mapping[str, Any]) -> bool:
        named = arns.split(text_in(described, "repositoryArn"))
        return named is None or (named.account, named.region) == (self.account, self.region)

    def _is_here(self, answer: Answer) -> bool:
        told = answer.params.get("registryId") or text_in(answer.answer or {}, "registryId") or answer.account
        return told in ("", self.account) and answer.region in ("", self.region)


def _repository(here: _Here, name: str) -> Repository:
    return Repository(
        name,
        _text(here, "get-repository-policy", name, "policyText", f"the repository policy of {name}"),
        _text(here, "get-lifecycle-policy", name, "lifecyclePolicyText", f"the lifecycle policy of {name}"),
        _images(here, name),
    )


def _text(here: _Here, operation: str, subject: str, member: str, what: str) -> str | NotKnown | None:
    answer = here.first(operation, subject)
    if answer is None or answer.answer is None:
        return None if answer is not None and is_not_there(answer) else here.missing(what, operation, answer)
    found = answer.answer.get(member)
    return found if isinstance(found, str) else json.dumps(found)


def _of_images(answer: Answer) -> str:
    return next((text_in(each, "repositoryName") for each in objects(answer, "imageDetails")), "")


def _images(here: _Here, name: str) -> tuple[StoredImage, ...] | NotKnown:
    answers = here.about("describe-images", name)
    answers += [each for each in here.about("describe-images", "") if _of_images(each) == name]
    good = [each for each in answers if each.answer is not None]
    if not good:
        return here.missing(f"the images of {name}", "describe-images", answers[0] if answers else None)
    details = (one for each in good for one in objects(each, "imageDetails"))
    return tuple(_image(each) for each in details if text_in(each, "imageDigest"))


def _image(detail: Mapping[str, Any]) -> StoredImage:
    size = detail.get("imageSizeInBytes")
    return StoredImage(
        text_in(detail, "imageDigest"),
        tuple(_texts(detail.get("imageTags"))),
        text_in(detail, "imageManifestMediaType") or None,
        text_in(detail, "artifactMediaType") or None,
        size if isinstance(size, int) else None,
        text_in(detail, "imageStatus") or "ACTIVE",
        moment(detail.get("imagePushedAt")),
        moment(detail.get("lastRecordedPullTime")),
        moment(detail.get("lastArchivedAt")),
        moment(detail.get("lastActivatedAt")),
        text_in(detail, "subjectManifestDigest") or None,
    )


def _texts(value: Any) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
