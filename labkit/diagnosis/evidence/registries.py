"""ECR's answers about one repository: whether it is there, its policy, its registry's policy, and one image.

Source: Amazon ECR API Reference. BatchGetImage does not name an image that is archived; DescribeImages does, with its
status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.missing import Call, is_not_there, not_known
from labkit.diagnosis.evidence.shapes import at, mapping, mappings, text, texts
from labkit.diagnosis.facts import (
    NOT_GIVEN,
    REGISTRY_POLICY,
    REPOSITORY_POLICY,
    Child,
    Document,
    Image,
    NotKnown,
    Repository,
)
from labkit.pull.uri import ImageUri

SCOPE = "REGISTRY_POLICY_SCOPE"
"""The setting of a registry that says what its policy may speak of: V1 or V2."""


class Registry:
    """ECR's answers about the repository of an image, read."""

    def __init__(self, answers: Answers, uri: ImageUri) -> None:
        self._answers = answers
        self._uri = uri

    @property
    def _named(self) -> dict[str, str]:
        return {"registryId": self._uri.account, "repositoryName": self._uri.repository}

    def policy(self) -> Document | NotKnown | None:
        """The repository policy; None where there is none."""
        return self._policy("get-repository-policy", self._named, REPOSITORY_POLICY, self._uri.repository)

    def registry_policy(self) -> Document | NotKnown | None:
        """The registry's policy; None where there is none. Only the registry's own account may read it."""
        answers = [each for each in self._of_region("get-registry-policy") if self._of_owner(each)]
        return self._document(_best(answers), "get-registry-policy", REGISTRY_POLICY, self._uri.account)

    def _of_owner(self, answer: Answer) -> bool:
        told = answer.params.get("registryId") or text(answer, "registryId") or answer.account
        return told in ("", self._uri.account)

    def scope(self) -> str | None:
        """V1 or V2; None where it is not known."""
        found = [each for each in self._of_region("get-account-setting") if each.params.get("name") in (SCOPE, None)]
        answer = _best([each for each in found if self._of_owner(each)])
        return text(answer, "value") or None

    def repository(self) -> Repository | NotKnown | None:
        """The repository; None where there is none. Any answer about what is in it shows that it is there."""
        answer = self._described()
        if answer is not None and answer.code == "RepositoryNotFoundException":
            return None
        if self._record(answer) is not None or self._is_seen():
            return Repository(
                replicated=None, pull_through=self._pull_through(), tags=self._tags(), lifecycle=self._lifecycle()
            )
        if any(each.code == "RepositoryNotFoundException" for each in self._about_it()):
            return None
        call = Call("ecr", "describe-repositories", self._uri.account)
        return not_known(NOT_GIVEN["repository"].what, call, answer)

    def _described(self) -> Answer | None:
        every = self._of_region("describe-repositories")
        by_name = [each for each in every if each.params.get("repositoryNames", ["?"]) == [self._uri.repository]]
        listing = [each for each in every if "repositoryNames" not in each.params and each.answer is not None]
        found = next((each for each in listing if self._record(each) is not None), None)
        return found or _best(by_name)

    def _record(self, answer: Answer | None) -> Mapping[str, Any] | None:
        for each in mappings(answer, "repositories"):
            told = str(each.get("registryId", self._uri.account))
            if each.get("repositoryName") == self._uri.repository and told == self._uri.account:
                return each
        return None

    def _about_it(self) -> Iterator[Answer]:
        for operation in ("get-repository-policy", "describe-images", "batch-get-image", "get-lifecycle-policy"):
            found = self._find(operation, self._named)
            if found is not None:
                yield found

    def _is_seen(self) -> bool:
        seen = {"RepositoryPolicyNotFoundException", "LifecyclePolicyNotFoundException", "ImageNotFoundException"}
        return any(each.code in seen or each.answer is not None for each in self._about_it())

    def _pull_through(self) -> bool | None:
        answer = self._find("describe-pull-through-cache-rules", {"registryId": self._uri.account})
        if not isinstance(at(answer, "pullThroughCacheRules"), list):
            return None
        prefixes = [text(each, "ecrRepositoryPrefix") for each in mappings(answer, "pullThroughCacheRules")]
        return any(each == "ROOT" or self._uri.repository.startswith(f"{each}/") for each in prefixes if each)

    def _tags(self) -> Mapping[str, str] | None:
        answer = self._find("list-tags-for-resource", {"resourceArn": self._uri.repository_arn})
        if not isinstance(at(answer, "tags"), list):
            return None
        return {text(each, "Key"): text(each, "Value") for each in mappings(answer, "tags")}

    def _lifecycle(self) -> str | None:
        """The lifecycle policy's text; empty where there is none, None where that is not known."""
        answer = self._find("get-lifecycle-policy", self._named)
        if answer is None:
            return None
        if answer.code == "LifecyclePolicyNotFoundException":
            return ""
        return text(answer, "lifecyclePolicyText") or None

    def image(self) -> Image | NotKnown | None:
        """The image with the URI's tag or digest; None where the repository has none."""
        described, fetched = self._every("describe-images"), self._every("batch-get-image")
        detail = next(
            (each for answer in described for each in mappings(answer, "imageDetails") if self._is_it(each)), None
        )
        manifest = next((each for answer in fetched for each in mappings(answer, "images") if self._has_id(each)), None)
        if detail is not None or manifest is not None:
            return _image(
                self._uri,
                detail or {},
                manifest or {},
                _platform([*fetched, *self._every("get-download-url-for-layer")]),
            )
        if any(self._shows_none(each) for each in (*described, *fetched)):
            return None
        call = Call("ecr", "describe-images", self._uri.account)
        return not_known(NOT_GIVEN["image"].what, call, next(iter([*described, *fetched]), None))

    def _shows_none(self, answer: Answer) -> bool:
        """Whether an answer without the image means that there is none: it was asked for, or all were listed."""
        asked = answer.params.get("imageIds")
        if asked is not None and not any(self._has_id({"imageId": each}) for each in asked):
            return False
        if answer.operation == "batch-get-image":
            return bool(mappings(answer, "failures"))
        return answer.answer is not None or answer.code in ("ImageNotFoundException", "RepositoryNotFoundException")

    def _every(self, operation: str) -> list[Answer]:
        return Answers(self._of_region(operation)).every("ecr", operation, self._named)

    def _is_it(self, detail: Mapping[str, Any]) -> bool:
        told = (str(detail.get("repositoryName", self._uri.repository)), str(detail.get("registryId", "")))
        if told[0] != self._uri.repository or told[1] not in ("", self._uri.account):
            return False
        if self._uri.digest:
            return detail.get("imageDigest") == self._uri.digest
        return self._uri.tag in texts(detail, "imageTags")

    def _has_id(self, image: Mapping[str, Any]) -> bool:
        found = mapping(image, "imageId")
        told = image.get("repositoryName", self._uri.repository)
        by_digest = found.get("imageDigest", self._uri.digest) == self._uri.digest
        by_tag = found.get("imageTag", self._uri.tag) == self._uri.tag
        return bool(told == self._uri.repository and (by_digest if self._uri.digest else by_tag))

    def _policy(self, operation: str, params: Mapping[str, Any], kind: str, name: str) -> Document | NotKnown | None:
        return self._document(self._find(operation, params), operation, kind, name)

    def _document(self, answer: Answer | None, operation: str, kind: str, name: str) -> Document | NotKnown | None:
        found = at(answer, "policyText")
        if isinstance(found, str):
            return Document(kind, self._uri.account, name, found, True)
        if answer is not None and is_not_there(answer):
            return None
        field = "repository_policy" if kind == REPOSITORY_POLICY else "registry_policy"
        return not_known(NOT_GIVEN[field].what, Call("ecr", operation, self._uri.account), answer)

    def _find(self, operation: str, params: Mapping[str, Any], *, alone: bool = True) -> Answer | None:
        """The answer from the image's region; an answer to an owner goes before one to another account."""
        listed = Answers(self._of_region(operation))
        own = listed.find("ecr", operation, params, self._uri.account, alone=alone)
        return own if own is not None else listed.find("ecr", operation, params, alone=alone)

    def _of_region(self, operation: str) -> list[Answer]:
        return [each for each in self._answers.all("ecr", operation) if each.region in ("", self._uri.region)]


def _best(answers: list[Answer]) -> Answer | None:
    return min(answers, key=lambda each: each.error is not None, default=None)


def _platform(answers: list[Answer]) -> str | None:
    """The architecture in Docker's words, where Docker or whoever collected the configuration said it."""
    return next(filter(None, (text(each, "platform", "architecture") for each in answers)), None)


def _image(uri: ImageUri, detail: Mapping[str, Any], image: Mapping[str, Any], platform: str | None) -> Image:
    manifest = manifest_of(image)
    layers = mappings(manifest, "layers")
    config = text(manifest, "config", "mediaType")
    sizes = [each.get("size") for each in layers]
    size = sum(each for each in sizes if isinstance(each, int)) if layers else None
    told_type = (
        text(image, "imageManifestMediaType") or text(manifest, "mediaType") or text(detail, "imageManifestMediaType")
    )
    return Image(
        digest=text(detail, "imageDigest") or text(image, "imageId", "imageDigest") or uri.digest or "",
        media_type=told_type or None,
        status=text(detail, "imageStatus") or "ACTIVE",
        children=tuple(_children(manifest)),
        layer_media_types=tuple(text(each, "mediaType") for each in layers),
        config_media_type=config or None,
        architecture=platform,
        size=size if size is not None else _number(detail.get("imageSizeInBytes")),
        tags=tuple(texts(detail, "imageTags")),
    )


def _children(manifest: Mapping[str, Any]) -> Iterator[Child]:
    for each in mappings(manifest, "manifests"):
        architecture, system = text(each, "platform", "architecture"), text(each, "platform", "os")
        yield Child(text(each, "digest"), architecture or "unknown", system or "unknown")


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def manifest_of(image: Mapping[str, Any]) -> Mapping[str, Any]:
    """The manifest in an entry of BatchGetImage's answer; empty where it cannot be read."""
    try:
        value = json.loads(image["imageManifest"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}
