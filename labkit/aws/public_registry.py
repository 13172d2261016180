"""Reading one repository of a public registry over the OCI distribution API, without credentials.

    GET /v2/NAME/manifests/TAG   401, WWW-Authenticate: Bearer realm="…",service="…",scope="…"
    GET REALM?service=…&scope=…  {"token": "…"}, given to anybody
    GET /v2/NAME/manifests/TAG   with the token: the manifest
    GET /v2/NAME/blobs/DIGEST    307 to a content network, which must not see the token

So does Amazon ECR Public, which refuses a token of more than an hour with 400 instead of 401, and anonymous callers in
a hurry with 429 (ECR Public User Guide, "Service quotas": one unauthenticated pull a second). Sources: OCI Distribution
Specification, "Pull"; CNCF Distribution, "Token Authentication Specification"; aws/containers-roadmap issue 2835.

Only https is spoken, through redirects too, with certificates verified; plain http is for 127.0.0.1. Whatever may pass
by itself (a broken connection, 429, 5xx) is tried again, a blob from where it broke off. What fails for good is a
:class:`Refused`, whose text can follow "cannot be pulled:".
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from labkit.image.format.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Descriptor

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt; a blob that came a bit further begins again with the first."""

_TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes
_CHUNK = 1 << 18
_LONGEST_TEXT = 4 << 20  # of a manifest or a token: what registries take at most
_ACCEPT = ", ".join((OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST))
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')

T = TypeVar("T")
Arrived = Callable[[int], None]
"""Told the bytes of a blob that are there now."""


class Refused(Exception):  # noqa: N818 - it names what the registry did
    """The registry does not give what was asked for, or cannot be reached; the text says why."""


class _Passing(Exception):  # noqa: N818 - it names the condition
    """What may pass by itself; its text is for when it does not."""


# Errors of requests, the most special first: whether another attempt may help, and what to say of them.
_ERRORS: tuple[tuple[type[requests.RequestException], bool, str], ...] = (
    (requests.exceptions.ProxyError, False, "the proxy on the way to {host} does not answer (HTTPS_PROXY)"),
    (
        requests.exceptions.SSLError,
        False,
        "the certificate of {host} cannot be verified (is the clock right? a company's own certificate goes into "
        "REQUESTS_CA_BUNDLE)",
    ),
    (requests.exceptions.ConnectTimeout, False, "{host} cannot be reached (is there a network?)"),
    (requests.exceptions.Timeout, True, "{host} stopped answering"),
    (requests.exceptions.ConnectionError, True, "{host} cannot be reached (is there a network?)"),
    (requests.exceptions.ChunkedEncodingError, True, "the connection to {host} keeps breaking off"),
    (requests.exceptions.InvalidSchema, False, "{host} leads to a place without https"),
    (requests.exceptions.RequestException, False, "{host} answers in a way that cannot be followed"),
)


class Incoming:
    """A blob on its way into ``file``: how much of it is there, and whether that is it.

    What the file has already, from an attempt that broke off, is the beginning. Raises OSError where it cannot be
    written.
    """

    def __init__(self, wanted: Descriptor, file: BinaryIO) -> None:
        self.wanted = wanted
        self.size = 0
        self._file = file
        self._hash = hashlib.sha256()
        file.seek(0)
        while self.size <= wanted.size and (piece := file.read(_CHUNK)):
            self._count(piece)

    def restart(self) -> None:
        """Forget everything that is there."""
        self._file.seek(0)
        self._file.truncate()
        self.size, self._hash = 0, hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """Write the next bytes."""
        self._file.write(piece)
        self._count(piece)

    @property
    def is_right(self) -> bool:
        """Whether size and digest are what they should be."""
        return self.size == self.wanted.size and f"sha256:{self._hash.hexdigest()}" == self.wanted.digest

    def _count(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size += len(piece)


class PublicRepository:
    """One repository at the registry with the URL ``registry``; ``pause`` waits between attempts."""

    def __init__(self, registry: str, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.host = urlsplit(registry).netloc
        self.name = name
        self._url = f"{registry}/v2/{name}"
        self._pause = pause
        self._token = ""
        self._reached = False
        self._session = requests.Session()
        self._session.mount("http://", _LoopbackOnly())

    def manifest(self, reference: str) -> bytes:
        """Return the manifest or index of a tag or digest. Raises :class:`Refused`."""
        return self._patiently(lambda: self._manifest(reference))

    def fetch(self, blob: Incoming, arrived: Arrived) -> None:
        """Complete ``blob``. Raises :class:`Refused`, also where what came has another digest, and OSError."""
        while True:
            resumed = blob.size > 0
            self._patiently(lambda: self._continue(blob, arrived), lambda: blob.size)
            if blob.is_right:
                return
            blob.restart()
            if not resumed:
                raise Refused(f"what {self.host} sent for {blob.wanted.digest} has another digest")

    def _manifest(self, reference: str) -> bytes:
        with self._answer(f"manifests/{reference}", {"Accept": _ACCEPT}) as answer:
            return _text(answer)

    def _continue(self, blob: Incoming, arrived: Arrived) -> None:
        if blob.size > blob.wanted.size:
            blob.restart()
        if blob.size == blob.wanted.size:
            return
        position = {"Range": f"bytes={blob.size}-"} if blob.size else {}
        with self._answer(f"blobs/{blob.wanted.digest}", position) as answer:
            if blob.size and answer.headers.get("Content-Range", "").partition("-")[0] != f"bytes {blob.size}":
                blob.restart()  # it sends all of it, or another part than was asked for
                if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
                    raise _Passing(f"{self.host} sent another part than was asked for")
            for piece in answer.iter_content(_CHUNK):
                blob.add(piece)
                arrived(blob.size)
                if blob.size > blob.wanted.size:
                    return  # whatever this is, it is not the blob
        if blob.size < blob.wanted.size:
            raise _Passing(f"the connection to {self.host} keeps breaking off")

    def _patiently(self, attempt: Callable[[], T], progress: Callable[[], int] = lambda: 0) -> T:
        """Repeat what may pass by itself, for as long as there is progress and a few times without."""
        pauses, reached = iter(PAUSES), progress()
        while True:
            try:
                return self._explained(attempt)
            except _Passing as error:
                if progress() > reached:
                    pauses, reached = iter(PAUSES), progress()
                seconds = next(pauses, None)
                if seconds is None:
                    raise Refused(str(error)) from error
                self._pause(seconds)

    def _explained(self, attempt: Callable[[], T]) -> T:
        try:
            return attempt()
        except requests.RequestException as error:
            passes, text = next((passes, text) for kind, passes, text in _ERRORS if isinstance(error, kind))
            # Who was never reached is most likely not there; who was may be in a moment.
            passes = passes and (self._reached or not isinstance(error, requests.ConnectionError))
            raise (_Passing if passes else Refused)(text.format(host=self.host)) from error

    @contextmanager
    def _answer(self, path: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """A good answer to GET, with a token where the registry asks for one."""
        answer = self._get(f"{self._url}/{path}", headers)
        if answer.status_code == HTTPStatus.BAD_REQUEST and self._token:
            self._token = ""  # too old: without one, the registry says where to get one
            answer.close()
            answer = self._get(f"{self._url}/{path}", headers)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            answer.close()
            self._token = self._new_token(answer.headers.get("WWW-Authenticate", ""))
            answer = self._get(f"{self._url}/{path}", headers)
        with answer:
            self._check(answer)
            yield answer

    def _get(self, url: str, headers: Mapping[str, str], **params: str) -> requests.Response:
        # The digest is that of the bytes as they are stored, so nothing may compress them on the way.
        plain = {"Accept-Encoding": "identity", **headers}
        answer = self._session.get(
            url, headers=plain, params=params, auth=_Bearer(self._token), stream=True, timeout=_TIMEOUT
        )
        self._reached = True
        return answer

    def _new_token(self, challenge: str) -> str:
        scheme, _, rest = challenge.partition(" ")
        said = dict(_PARAMETER.findall(rest))
        if scheme.lower() != "bearer" or "realm" not in said:
            raise Refused(f"{self.host} wants to know who asks, and the lab has no account there")
        self._token = ""
        scope = said.get("scope") or f"repository:{self.name}:pull"
        with self._get(said["realm"], {}, service=said.get("service", self.host), scope=scope) as answer:
            self._check(answer)
            given = _json(answer)
        token = given.get("token") or given.get("access_token")
        if not isinstance(token, str):
            raise Refused(f"{self.host} gives no token to those without an account")
        return token

    def _check(self, answer: requests.Response) -> None:
        """Raise for what is not 200 or 206."""
        status = answer.status_code
        if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            return
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _Passing(f"{self.host} has had too many anonymous requests from here; wait a minute")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Passing(f"{self.host} has a fault of its own (HTTP {status})")
        if status == HTTPStatus.NOT_FOUND:
            raise Refused(f"{self.host} does not have it; check the name and the tag in FROM")
        raise Refused(f"{self.host} answers with HTTP {status}{_reason(answer)}")


class _Bearer(AuthBase):
    """The token, or nothing: with an object of this kind requests does not look for a password in ``~/.netrc``."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _LoopbackOnly(HTTPAdapter):
    """Plain http, to this machine only."""

    def send(self, request: requests.PreparedRequest, *args: Any, **settings: Any) -> requests.Response:
        if not _is_loopback(urlsplit(str(request.url)).hostname or ""):
            raise requests.exceptions.InvalidSchema(f"{request.url} is not https")
        answer: requests.Response = super().send(request, *args, **settings)
        return answer


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _text(answer: requests.Response) -> bytes:
    """The body of a short answer. Raises :class:`Refused` for a long one."""
    pieces, size = [], 0
    for piece in answer.iter_content(_CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > _LONGEST_TEXT:
            raise Refused(f"{urlsplit(str(answer.url)).netloc} sends more than a manifest can be")
    return b"".join(pieces)


def _json(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of a short answer; empty where it is something else."""
    try:
        document = json.loads(_text(answer))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _reason(answer: requests.Response) -> str:
    """What the registry says of an error, from ``{"errors": [{"code": …, "message": …}]}``."""
    match _json(answer).get("errors"):
        case [{"message": str(message)}, *_]:
            return f": {message.rstrip('.')}"
    return ""
