"""The words in which the embedded AWS speaks about a request, from its parsing to its answer.

    bytes ──sigv4, principals──> Identity ──parse──> Call ──needs──> [Access] ──handler──> dict ──render──> bytes

A `Call` is made of parsed values only: it is authorized and executed as it is; no handler ever sees the raw request.
That closes the gap in which one reading of the bytes is authorized and another one executed.

This module holds values and no behaviour, so that everything else can import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from labkit.pull.function import FunctionRef

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.wire import Exchange, HttpRequest
    from labkit.iam import Decision, Policies, Principal


@dataclass(frozen=True)
class Identity:
    """Who makes a request: an IAM user, a session of a role or of a federated user, or whom a web identity token names.

    ``arn`` is what STS shows (for a session ``arn:aws:sts::A:assumed-role/R/S``), ``principal_arn`` the value of
    ``aws:PrincipalArn`` (for a role's session the role's ARN). ``gather`` reads the policies that limit this identity;
    it is asked once per request, and only when something is to be decided. ``issued`` is when temporary credentials
    were handed out, None for an access key. ``entity`` is the id of the user or role behind it; ``tags`` are those of
    the session alone, and ``inherited`` those of them that go on to the next role. ``context`` has condition keys that
    the session carries besides (aws:FederatedProvider, claims of a web identity).
    """

    account: str
    arn: str
    principal: Principal
    principal_arn: str
    user_id: str
    access_key: str
    gather: Callable[[], Policies] = field(repr=False, compare=False)
    issued: datetime | None = None
    entity: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    inherited: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    @property
    def is_session(self) -> bool:
        """Whether the request was signed with the temporary credentials of a role."""
        return self.arn != self.principal_arn

    @property
    def is_federated_user(self) -> bool:
        """Whether the request was signed with credentials of GetFederationToken."""
        return self.principal.is_federated_user

    @property
    def is_temporary(self) -> bool:
        """Whether the request was signed with temporary credentials, of whatever kind."""
        return self.issued is not None

    @cached_property
    def policies(self) -> Policies:
        """Identity policies, boundary, session policies and SCPs of this identity; ``resource`` is empty."""
        return self.gather()


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: the address of the peer, and what its headers say.

    ``forwarded_by`` is the service that makes the request with its caller's credentials, such as
    ``lambda.amazonaws.com``; empty for what the caller itself has sent. ``shown_as`` stands in CloudTrail for address
    and user agent where a service takes the request in another protocol: ``ecr.amazonaws.com`` for pulls and pushes.
    """

    peer: str = "127.0.0.1"
    user_agent: str = ""
    referer: str = ""
    forwarded_by: str = ""
    shown_as: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Origin:
        """The origin of an HTTP request."""
        return cls(request.peer, request.headers.get("user-agent", ""), request.headers.get("referer", ""))


@dataclass(frozen=True)
class Call:
    """One authenticated request, parsed after botocore's model of the service.

    ``params`` has the members of the operation's input shape: strings, numbers, booleans, bytes for blobs, aware
    datetimes for timestamps, lists and dicts. The condition keys of the request are found by
    `labkit.embedded.request.context`, from this call and what it needs. ``decisions`` is filled as the call is
    authorized, so that the trail can say why it was allowed or denied.
    """

    identity: Identity
    service: str
    operation: str
    region: str
    params: dict[str, Any]
    request_id: str
    origin: Origin = Origin()
    decisions: list[Decision] = field(default_factory=list, repr=False, compare=False)

    @property
    def account(self) -> str:
        """The account of the caller."""
        return self.identity.account

    @cached_property
    def function(self) -> FunctionRef:
        """The Lambda function that is meant, read once: what is authorized is what is executed.

        Read from FunctionName and Qualifier, or from Resource where an operation takes any ARN. Raises
        InvalidFunctionName and QualifiersDiffer, and KeyError for an operation that names no function.
        """
        text = self.params["FunctionName"] if "FunctionName" in self.params else self.params["Resource"]
        return FunctionRef.parse(
            text,
            self.params.get("Qualifier"),
            account=self.account,
            region=self.region,
            longest=len(text),  # of an overlong name AWS says that it is not there; CreateFunction measures it
        )


@dataclass(frozen=True)
class Access:
    """One permission that a call needs: an IAM action on a resource.

    ``account`` owns the resource (`None`: taken from the ARN, else the caller's). Condition keys are found from the
    call and from what the resource's ARN names (`labkit.embedded.request.context`); ``context`` has those that come
    with neither, such as the claims of a token. ``policy`` says which resource policy has a say: that of the
    repository or function (or its version or alias) that ``resource`` names, or the trust policy of the role.
    """

    action: str
    resource: str
    account: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    policy: Literal["repository", "function", "trust"] | None = None


class ServiceError(Exception):
    """An error that AWS would answer; the gateway renders it in the protocol of the request.

    ``status`` is the HTTP status; ``fields`` are further members of the error shape (for example
    ``{"Type": "User"}`` for Lambda, or ``{"layerDigests": [...]}`` for ECR). ``noted`` is the message as events keep
    it: another one where it quotes something secret.
    """

    def __init__(self, code: str, message: str, status: int = 400, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = self.noted = message
        self.status = status
        self.fields = dict(fields or {})


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a role session; ``expiration`` is an aware datetime."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: datetime
    role_id: str
    arn: str


#: Executes one authorized call and returns the members of the operation's output shape: blobs as bytes, timestamps
#: as aware datetimes; members bound to headers, the status code or the payload are rendered as such.
Handler = Callable[["Embedded", Call], dict[str, Any]]

#: Finds out who makes an unsigned call, from its parameters; raises `ServiceError` where they do not prove it.
Identify = Callable[["Embedded", Mapping[str, Any]], Identity]

#: The permissions that one call of an operation needs, all of them; none for what nobody can be denied.
Needs = Callable[["Embedded", Call], list[Access]]


@dataclass(frozen=True)
class Operation:
    """One operation that a service offers: who executes a call of it, and which permissions the call needs.

    ``reads`` says that it only reads: it sees one snapshot of the state and waits for nobody. Every other handler is
    called in a unit that writes; one with ``locks_itself`` opens units of its own for the short parts that need them,
    since it runs a function or writes megabytes. ``identify`` is for what is called unsigned: the parameters say who
    calls, whatever signature there may be.
    """

    handler: Handler
    needs: Needs
    reads: bool = False
    locks_itself: bool = False
    identify: Identify | None = None


#: A plain HTTP route beside the AWS API, for paths that begin in the same way.
Route = Callable[["Embedded", "HttpRequest"], "Exchange"]
