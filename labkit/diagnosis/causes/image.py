"""The image itself: whether the URI names one that Lambda takes, whether it is there, and what it is."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.diagnosis import facts
from labkit.diagnosis.case import Case
from labkit.diagnosis.causes import deleted
from labkit.diagnosis.causes.naming import named
from labkit.diagnosis.facts import Function, Image, Repository
from labkit.diagnosis.result import CERTAIN, LIKELY, POSSIBLE, Cause, Where
from labkit.image.format import manifest as m
from labkit.pull.uri import ImageUri, InvalidImageUri

LIMIT = 10 * 1024**3
"""Bytes that an image may have, all its layers unpacked (Lambda Developer Guide, quotas)."""

_INDEXES = (m.DOCKER_LIST, m.OCI_INDEX)
_MANIFESTS = (m.DOCKER_MANIFEST, m.OCI_MANIFEST)
_CONFIGS = (m.DOCKER_CONFIG, m.OCI_CONFIG)
_LAYERS = (m.DOCKER_LAYER, m.DOCKER_LAYER.removesuffix(".gzip"), m.OCI_LAYER, m.OCI_LAYER.removesuffix("+gzip"))
_AWAY = ("ARCHIVED", "ACTIVATING")
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}


def causes(case: Case) -> Iterator[Cause]:
    """What is wrong with the image, as far as it is known."""
    uri = case.uri
    if uri is None or not uri.lambda_takes_it:
        yield _uri(case)
        return
    yield from _region(case, uri)
    if case.facts.region_opened is False:
        yield _not_opened(case, uri)
        return
    found = list(_repository(case, uri))
    yield from found
    if all(each.certainty == POSSIBLE for each in found):
        yield from _image(case, uri)


def is_nowhere(case: Case) -> bool:
    """Whether there is no repository at all: then it is not said that its policy lacks a statement."""
    return case.facts.repository is None and case.facts.repository_policy is None


def _call(case: Case) -> Where:
    """The place of a cause that no document mends: the call that names the image."""
    function, uri = case.facts.question.function, case.uri
    account = uri.account if uri else function.account if function else ""
    return Where(account, facts.CALL, uri.repository if uri else "")


def _uri(case: Case) -> Cause:
    text, uri = case.facts.question.image, case.uri
    wanted = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY with :TAG or @sha256:DIGEST"
    if uri is None:
        what = "has neither a tag nor a digest" if _is_bare(text) else "names no image in a private ECR repository"
        sentence = f"{text} {what}: Lambda takes only {wanted}."
        return named("image-uri", _call(case), sentence, (f"in the call: {text}", f"it wants: {wanted}"))
    door = "a FIPS endpoint" if uri.fips else "a dual-stack endpoint"
    plain = ImageUri(uri.account, uri.region, uri.repository, uri.tag, uri.digest)
    sentence = f"{text} goes through {door} of ECR, which Lambda does not take; write {plain}."
    return named(
        "image-uri", _call(case), sentence, (f"in the call: {text}",), certainty=CERTAIN if uri.fips else LIKELY
    )


def _is_bare(text: str) -> bool:
    """Whether only a tag is missing."""
    try:
        ImageUri.parse(f"{text}:latest")
    except InvalidImageUri:
        return False
    return True


def _region(case: Case, uri: ImageUri) -> Iterator[Cause]:
    function = case.facts.question.function
    if function and function.region != uri.region:
        sentence = (
            f"The image is in {uri.region} and the function in {function.region}: Lambda pulls only within a region."
        )
        yield named("other-region", _call(case), sentence, (f"image: {uri}", f"function: {function}"))


def _not_opened(case: Case, uri: ImageUri) -> Cause:
    sentence = (
        f"Account {uri.account} has not opened its repository in {uri.region}, so that nobody pulls from it there."
    )
    return named("region-not-opened", _call(case), sentence)


def _repository(case: Case, uri: ImageUri) -> Iterator[Cause]:
    known = case.facts.repository
    if known is None:
        sentence = f"Account {uri.account} has no repository {uri.repository} in {uri.region}."
        yield named("repository-missing", _call(case), sentence, (f"in the call: {uri}",))
    elif isinstance(known, Repository) and known.pull_through:
        yield _of_cache(case, uri)


def _of_cache(case: Case, uri: ImageUri) -> Cause:
    """An image that the cache has not got never comes; one that it has is pulled like any other (reports of users)."""
    there = isinstance(case.facts.image, Image)
    sentence = f"Repository {uri.repository} belongs to a pull-through cache rule, by which Lambda fetches nothing."
    shown = ("The cache has the image, and reports say that it is then pulled like any other.",) if there else ()
    advice = "Copy the image into a repository of its own."
    where, certainty = _call(case), POSSIBLE if there else CERTAIN
    return named("pull-through-cache", where, sentence, (*shown, advice), certainty=certainty)


def _image(case: Case, uri: ImageUri) -> Iterator[Cause]:
    image, repository = case.facts.image, case.facts.repository
    cached = isinstance(repository, Repository) and repository.pull_through
    if image is None and repository is not None and not cached:
        yield _absent(case, uri)
    elif isinstance(image, Image):
        for find in (_archived, _media_types, _size, _architecture):
            yield from find(case, image)


def _absent(case: Case, uri: ImageUri) -> Cause:
    shown, certainty = deleted.evidence(case, uri)
    what = f"tag {uri.tag}" if uri.digest is None else f"digest {uri.digest}"
    if not shown:
        sentence = f"Repository {uri.repository} of account {uri.account} has no image with {what}."
        return named("image-missing", _call(case), sentence, ("Nothing shows that it was ever there.",))
    sentence = (
        f"The image with {what} was in repository {uri.repository} of account {uri.account} and has been deleted."
    )
    return named("image-deleted", _call(case), sentence, shown, certainty=certainty)


def _archived(case: Case, image: Image) -> Iterator[Cause]:
    if image.status in _AWAY:
        back = " and is on its way back" if image.status == "ACTIVATING" else ""
        sentence = f"The image {image.digest} is in ECR's archive{back}, from which nobody pulls."
        yield named("image-archived", _call(case), sentence, (f"imageStatus: {image.status}",))


def _media_types(case: Case, image: Image) -> Iterator[Cause]:
    if image.children or image.media_type in _INDEXES:
        listed = [f"{each.digest} for {each.os}/{each.architecture}" for each in image.children]
        sentence = "The image is an index of several manifests, and Lambda takes the manifest of one image only."
        yield named("image-index", _call(case), sentence, (f"media type: {image.media_type}", *listed))
        return
    wrong = [each for each in (image.media_type,) if each and each not in _MANIFESTS]
    wrong += [each for each in (image.config_media_type,) if each and each not in _CONFIGS]
    wrong += [each for each in image.layer_media_types if each not in _LAYERS]
    said = _said(case, "UnsupportedImageLayerDetected")
    if wrong or said:
        what = (
            f"media types that Lambda does not take: {', '.join(dict.fromkeys(wrong))}"
            if wrong
            else "a layer that Lambda cannot read"
        )
        yield named(
            "image-format", _call(case), f"The image has {what}.", (*(f"media type: {each}" for each in wrong), *said)
        )


def _size(case: Case, image: Image) -> Iterator[Cause]:
    said = _said(case, "SizeLimitExceeded")
    if (image.size or 0) > LIMIT or said:
        shown = (f"compressed: {image.size} bytes",) if image.size else ()
        yield named(
            "image-too-large", _call(case), "The image has more than the 10 GiB that Lambda takes.", (*shown, *said)
        )


def _said(case: Case, word: str) -> tuple[str, ...]:
    """What Lambda says of the function where it names this fault of its image."""
    function = case.facts.function
    known = (function.state_reason, function.update_reason) if isinstance(function, Function) else ()
    return tuple(f"Lambda says: {text}" for text in known if word in text)


def _architecture(case: Case, image: Image) -> Iterator[Cause]:
    function, built = case.facts.function, image.architecture
    if not isinstance(function, Function) or built is None:
        return
    wanted = _ARCHITECTURES.get(built, built)
    if wanted not in function.architectures:
        for_ = " and ".join(function.architectures)
        sentence = f"The image is built for {wanted} and the function runs on {for_}: it is pulled and cannot be run."
        yield named("architecture", _call(case), sentence, (f"image: {built}", f"function: {for_}"))
