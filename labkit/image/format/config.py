"""An image's configuration: read once, into one type that everybody uses.

The document says for which machine an image is, and how a container of it starts: ``Env``, ``Entrypoint``, ``Cmd``,
``WorkingDir``, ``Labels`` (OCI Image Specification, "Image Configuration"; Docker's is the same in these members). It
comes from whoever pushed the image, so nothing about it is certain. What is null or missing is empty; what is of
another type than the specification's, and what no process could be given (a NUL, half of a surrogate pair, more than
Linux takes), makes it unreadable: a :class:`~labkit.image.format.errors.ConfigError` says where and why in one
sentence. Lambda creates a function from such an image and then fails it (StateReasonCode ``InvalidImage``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from labkit.image.format.errors import ConfigError

KIND_LABEL, FOR_LABEL = "labkit.base", "labkit.base.for"
"""The labels of an image on a stand-in: which kind of stand-in, and the AWS image that it stands for."""

STAND_IN_KIND = "stand-in"
"""The value of `KIND_LABEL` on the stand-in that has no interpreter inside."""

DOCUMENT_LIMIT = 4 << 20
"""Most bytes of a configuration document, as many as registries take of a manifest."""

TEXT_LIMIT = (128 << 10) - 1
"""Most bytes of one variable or argument of a process (Linux, MAX_ARG_STRLEN, without the NUL at its end)."""

ALL_LIMIT = 1 << 20
"""Most bytes of an image's variables and arguments together: Linux takes 2 MiB, and a function adds its own."""

_FOR_EACH = 9  # bytes that Linux counts for each text beside its own: the NUL at its end, and a pointer to it

_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}


@dataclass(frozen=True)
class ImageConfig:
    """An image's configuration.

    ``architecture`` and ``os`` are in Docker's words (``amd64``, ``linux``), empty where the document does not say.
    ``settings`` is its ``config`` object as written, for an image that is built on this one.
    """

    architecture: str = ""
    os: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> ImageConfig:
        """Read a configuration document. Raises :class:`ConfigError`, whatever the bytes are."""
        if len(raw) > DOCUMENT_LIMIT:
            raise ConfigError(f"The image's configuration has {len(raw)} bytes, more than {DOCUMENT_LIMIT}.")
        try:
            document = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"The image's configuration is not JSON: {error}.") from None
        return cls.of(document)

    @classmethod
    def of(cls, document: object) -> ImageConfig:
        """Read a configuration document that is decoded already. Raises :class:`ConfigError`."""
        members = _object(document, "")
        settings = _object(members.get("config"), "config")
        entries = _texts(settings.get("Env"), "Env")
        found = cls(
            _text(members.get("architecture"), "architecture"),
            _text(members.get("os"), "os"),
            dict(entry.partition("=")[::2] for entry in entries),
            _texts(settings.get("Entrypoint"), "Entrypoint"),
            _texts(settings.get("Cmd"), "Cmd"),
            _text(settings.get("WorkingDir"), "WorkingDir"),
            {_text(name, "Labels"): _text(value, "Labels") for name, value in _labels(settings)},
            settings,
        )
        total = sum(len(text.encode()) + _FOR_EACH for text in (*entries, *found.entrypoint, *found.command))
        if total > ALL_LIMIT:
            raise ConfigError(
                f"The image's configuration has {total} bytes of Env, Entrypoint and Cmd, too many to run."
            )
        return found

    @property
    def stands_in_for(self) -> str | None:
        """The AWS image that the image's base stands in for, ``public.ecr.aws/lambda/python:3.12``, or None.

        Only where the base has no interpreter inside; the labels that say so travel with the image through ECR.
        """
        return self.labels.get(FOR_LABEL) if self.labels.get(KIND_LABEL) == STAND_IN_KIND else None


def _labels(settings: Mapping[str, Any]) -> Any:
    return _object(settings.get("Labels"), "Labels").items()


def _object(value: object, where: str) -> Mapping[str, Any]:
    if value is None and where:
        return {}
    if isinstance(value, dict):
        return value
    raise _wrong(where, value, "an object")


def _texts(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong(where, value, "a list")
    for each in value:
        if each is None:
            raise _wrong(where, each, "a text")
    return tuple(_text(each, where) for each in value)


def _text(value: object, where: str) -> str:
    if value is None and where != "Labels":
        return ""
    if not isinstance(value, str):
        raise _wrong(where, value, "a text")
    if "\0" in value:
        raise ConfigError(f"The {where} of the image's configuration has a NUL in {_shown(value)}.")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        reason = f"has half of a surrogate pair in {_shown(value)}"
        raise ConfigError(f"The {where} of the image's configuration {reason}.") from None
    if size > TEXT_LIMIT:
        raise ConfigError(f"The {where} of the image's configuration has a text of {size} bytes: {_shown(value)}.")
    return value


def _wrong(where: str, value: object, wanted: str) -> ConfigError:
    kind = "null" if value is None else _KINDS[type(value)]
    of = f"The {where} of the image's configuration has" if where else "The image's configuration is"
    return ConfigError(f"{of} {kind} where {wanted} is expected.")


def _shown(text: str) -> str:
    """The beginning of a text, in ASCII, so that it can be told anywhere."""
    return ascii(text if len(text) <= 40 else text[:40] + "…")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
