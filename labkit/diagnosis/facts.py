"""What is known about one pull: who asks for which image, and every document and thing that has a say in it.

``Facts`` holds all that a diagnosis depends on, wherever it was collected: from files, from saved answers of AWS's
commands, from live accounts. Each of its fields is in one of three states, and they are never mixed up:

    there         a `Document`, a `Layer` of documents, an `Image` …
    not there     None: it was looked for, and there is none
    not known     a `NotKnown`: it was not given, or could not be read, with who could tell

Nothing here reads, waits or decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from labkit.iam import Policy, Principal
from labkit.pull.function import FunctionRef
from labkit.pull.organization import Membership

CREATE, UPDATE, RESTORE = "create", "update", "restore"
OPERATIONS = (CREATE, UPDATE, RESTORE)
"""What is done when the image is fetched; ``restore`` is Lambda fetching the image of a function that there is."""

REPOSITORY_POLICY, REGISTRY_POLICY = "repository-policy", "registry-policy"
IDENTITY_POLICY, BOUNDARY, SESSION_POLICY = "identity-policy", "boundary", "session-policy"
SCP, RCP, VPC_ENDPOINT_POLICY, TRUST_POLICY = "scp", "rcp", "vpc-endpoint-policy", "trust-policy"
CALL = "call"
KINDS = (
    *(REPOSITORY_POLICY, REGISTRY_POLICY, IDENTITY_POLICY, BOUNDARY, SESSION_POLICY),
    *(SCP, RCP, VPC_ENDPOINT_POLICY, TRUST_POLICY, CALL),
)
"""Where a cause lies and what a fix changes: the kinds of documents, and a call of AWS's API."""

GUARD_RAILS = frozenset({SCP, RCP, BOUNDARY})
"""Documents that others keep as limits; a fix changes them only when it is told to."""


SOME_FUNCTION = "any-function"
"""The name of a function of which only the account was given."""


class NotKnown(NamedTuple):
    """Something that was not given or could not be read: ``what`` it is, who could tell, and why it is not known."""

    what: str
    who_could_tell: str
    why: str = "it was not given"


class Document(NamedTuple):
    """A policy as it was found: its kind (one of ``KINDS``), whose it is, what it is called, and its text.

    ``account`` is the account that can change it (of an SCP or RCP the management account, where it is known, else
    empty). ``name`` is the repository's, the policy's name or ARN, the role's. ``stored``: AWS has it so, since it was
    read from there; else somebody gave it, and AWS might not take it. ``attached_to`` says to which user, role, group,
    unit or account it belongs, ``inline`` that it is written into that one.
    """

    kind: str
    account: str
    name: str
    text: str
    stored: bool = False
    attached_to: str = ""
    inline: bool = False

    @property
    def policy(self) -> Policy:
        """The document, parsed. Raises PolicyError."""
        return _parsed(self.text, self.name)


@lru_cache(maxsize=4096)
def _parsed(text: str, name: str) -> Policy:
    return Policy.parse(text, name)


class Layer(NamedTuple):
    """Documents of which any may allow, and what of them is not known; empty: all that there is stands here."""

    documents: tuple[Document, ...] = ()
    not_known: tuple[NotKnown, ...] = ()


Levels = tuple[Layer, ...]
"""SCPs or RCPs: a layer for each level, from the root to the account."""


@dataclass(frozen=True, slots=True)
class Question:
    """Would this operation get this image now?

    ``image`` is the URI as it was given, whatever it is. ``function`` may be a function that does not exist yet.
    ``caller`` is who calls CreateFunction or UpdateFunctionCode, None where that is not known; its ``id`` is filled
    where known. ``execution_role`` is an ARN.
    """

    image: str
    function: FunctionRef | None = None
    operation: str = CREATE
    caller: Principal | None = None
    execution_role: str | None = None

    @property
    def whose(self) -> str:
        """The function in a sentence: its ARN; where only its account was given, a function of that account."""
        ref = self.function
        return f"a function of account {ref.account}" if ref and ref.name == SOME_FUNCTION else str(ref or "")

    def to_dict(self) -> dict[str, str | None]:
        """As JSON data."""
        return {
            "operation": self.operation,
            "image": self.image,
            "function": str(self.function) if self.function else None,
            "caller": str(self.caller) if self.caller else None,
            "execution_role": self.execution_role,
        }


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is there. None, and an empty ``tags_known``, stand for what is not known of it.

    ``replicated``: ECR's replication made it. ``pull_through``: a pull-through cache rule made it. ``lifecycle`` is the
    text of its lifecycle policy; empty: there is none.
    """

    replicated: bool | None = None
    pull_through: bool | None = None
    tags: Mapping[str, str] | None = None
    lifecycle: str | None = None


class Child(NamedTuple):
    """One manifest of an image index: its digest and the platform that it is for."""

    digest: str
    architecture: str
    os: str = "linux"


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is there: what its manifest and ECR say of it. None stands for what is not known.

    ``status`` is ACTIVE, ARCHIVED or ACTIVATING. ``children`` are an index's manifests. ``size`` is in bytes, of the
    layers as they are stored (compressed); ``layer_media_types`` are those of the manifest.
    """

    digest: str
    media_type: str | None = None
    status: str = "ACTIVE"
    children: tuple[Child, ...] = ()
    layer_media_types: tuple[str, ...] = ()
    config_media_type: str | None = None
    architecture: str | None = None
    size: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is there, as GetFunction shows it."""

    state: str = "Active"
    state_reason: str = ""
    state_reason_code: str = ""
    update_status: str = ""
    update_reason: str = ""
    update_reason_code: str = ""
    image: str = ""
    resolved_image: str = ""
    architectures: tuple[str, ...] = ("x86_64",)
    role: str = ""


class Event(NamedTuple):
    """A call as CloudTrail recorded it; ``error_code`` is empty where it was done.

    ``principal`` is the ARN of who called (empty for a service), ``invoked_by`` the service that called for it,
    ``parameters`` are its request parameters.
    """

    time: datetime
    name: str
    account: str
    principal: str = ""
    invoked_by: str = ""
    error_code: str = ""
    error_message: str = ""
    parameters: Mapping[str, Any] = {}


_ROWS = (
    ("repository_policy", "the repository policy", "give --repository-policy"),
    ("registry_policy", "the registry policy", "give --registry-policy"),
    ("rcp", "the resource control policies of the registry's account", "give --rcp, once a level"),
    ("identity", "the caller's identity policies", "give --caller and --identity"),
    ("boundary", "the caller's permissions boundary", "give --boundary"),
    ("session", "the caller's session policies", "give --session"),
    ("scp", "the service control policies above the caller's account", "give --scp, once a level"),
    ("vpc_endpoint", "the policy of the VPC endpoint that the caller's call goes through", "give --vpc-endpoint"),
    ("trust", "the execution role's trust policy", "ask whoever may call iam:GetRole in its account"),
    ("execution_identity", "the identity policies of the execution role", "give --execution-identity"),
    ("membership", "the organization of the function's account", "give --organization"),
    ("repository_membership", "the organization of the registry's account", "give --repository-organization"),
    ("repository", "whether the repository is there", "ask whoever may call ecr:DescribeRepositories in its account"),
    ("image", "whether the image is there", "ask whoever may call ecr:DescribeImages and ecr:BatchGetImage on it"),
    ("function", "the state of the function", "ask whoever may call lambda:GetFunction in its account"),
    ("history", "what CloudTrail recorded", "ask whoever may call cloudtrail:LookupEvents in the registry's account"),
)
NOT_GIVEN: dict[str, NotKnown] = {name: NotKnown(what, tell) for name, what, tell in _ROWS}
"""What each of the fields of `Facts` is where nothing was said of it, by the field's name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about a question.

    ``identity``, ``boundary``, ``session``, ``scp`` and ``vpc_endpoint`` are the caller's; the endpoint is the one
    through which its own call to Lambda goes. ``rcp`` are those of the registry's account. ``trust`` and
    ``execution_identity`` are the execution role's; ``trust`` None: the role is not there. ``membership`` is that of
    the function's account, ``repository_membership`` that of the registry's. ``registry_scope`` is V1 or V2.
    ``context`` are further condition keys of the caller's requests. ``history`` are CloudTrail's records and
    ``now`` is when all this was read, both for what depends on time; None: not known. ``error`` is the text of AWS's
    refusal, where somebody showed it, and ``older_policies`` are earlier texts of the repository policy.
    ``region_opened``: whether the registry's owner has opened the image's region (None: not known).
    """

    question: Question
    repository_policy: Document | NotKnown | None = NOT_GIVEN["repository_policy"]
    registry_policy: Document | NotKnown | None = NOT_GIVEN["registry_policy"]
    registry_scope: str | None = None
    rcp: Levels | NotKnown | None = NOT_GIVEN["rcp"]
    identity: Layer | NotKnown = NOT_GIVEN["identity"]
    boundary: Document | NotKnown | None = NOT_GIVEN["boundary"]
    session: Layer | NotKnown = NOT_GIVEN["session"]
    scp: Levels | NotKnown | None = NOT_GIVEN["scp"]
    vpc_endpoint: Document | NotKnown | None = NOT_GIVEN["vpc_endpoint"]
    trust: Document | NotKnown | None = NOT_GIVEN["trust"]
    execution_identity: Layer | NotKnown = NOT_GIVEN["execution_identity"]
    membership: Membership | NotKnown = NOT_GIVEN["membership"]
    repository_membership: Membership | NotKnown = NOT_GIVEN["repository_membership"]
    repository: Repository | NotKnown | None = NOT_GIVEN["repository"]
    image: Image | NotKnown | None = NOT_GIVEN["image"]
    function: Function | NotKnown | None = NOT_GIVEN["function"]
    history: tuple[Event, ...] | NotKnown = NOT_GIVEN["history"]
    older_policies: tuple[str, ...] = ()
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    region_opened: bool | None = None
    error: str = ""
    now: datetime | None = None

    def having(self, **changes: Any) -> Facts:
        """The same facts with these fields changed."""
        return replace(self, **changes)


def layers(levels: Levels | NotKnown | None) -> Levels:
    """The levels that are known; empty where there are none."""
    return () if levels is None or isinstance(levels, NotKnown) else levels


def documents(facts: Facts) -> tuple[Document, ...]:
    """Every document that is known, those of the registry's account first."""
    single = (facts.repository_policy, facts.registry_policy, facts.boundary, facts.vpc_endpoint, facts.trust)
    several = [*layers(facts.rcp), *layers(facts.scp), facts.identity, facts.session, facts.execution_identity]
    found = [each for each in single[:2] if isinstance(each, Document)]
    for layer in several:
        found += layer.documents if isinstance(layer, Layer) else ()
    return (*found, *(each for each in single[2:] if isinstance(each, Document)))
