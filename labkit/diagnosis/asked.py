"""What somebody asks, as typed or passed: checked, and made a question with the facts that were given.

``labkit pull``, ``labkit diagnose`` and their functions in Python come through here. What is not given is not known;
``None`` for a document says that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.diagnosis.evidence import given
from labkit.diagnosis.facts import (
    BOUNDARY,
    CREATE,
    IDENTITY_POLICY,
    OPERATIONS,
    RCP,
    REGISTRY_POLICY,
    REPOSITORY_POLICY,
    SCP,
    SESSION_POLICY,
    SOME_FUNCTION,
    VPC_ENDPOINT_POLICY,
    Facts,
    Layer,
    Question,
)
from labkit.errors import UsageError
from labkit.iam import Principal
from labkit.iam import arn as arns
from labkit.pull.function import FunctionRef
from labkit.pull.organization import (
    OUTSIDER,
    Membership,
    check_account,
    check_organization_id,
    check_organization_path,
)
from labkit.pull.uri import ImageUri, InvalidImageUri

NONE = "none"
"""What is written where there is none; "not given" is another thing."""

Text = tuple[str, str]
"""A document that was given: what it is called (its file), and its text."""

_IMAGE = re.compile(
    r"(?=.{1,512}$)(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._-]+(?:/[a-z0-9._-]+)*(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
    r"(?:@sha256:[0-9a-f]{64})?"
)


@dataclass(frozen=True)
class Asked:
    """A question as it was typed. Texts are those of options of the same names; empty: not given, and for
    the operation: create.

    ``documents`` maps fields of `Facts` to their texts (for levels of SCPs and RCPs one for each level, from the root);
    None: there is none. What is not in it is not known. ``organization`` and ``repository_organization`` are an id or
    ``none``.
    """

    image: str = ""
    function: str = ""
    function_account: str = ""
    region: str = ""
    operation: str = ""
    caller: str = ""
    execution_role: str = ""
    organization: str = ""
    organization_path: str = ""
    repository_organization: str = ""
    repository_organization_path: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Sequence[Text] | None] = field(default_factory=dict)


def facts_of(asked: Asked) -> Facts:
    """The facts that were given. Raises UsageError for what nobody could mean."""
    question = question_of(asked)
    check_caller(question)
    return Facts(question).having(**given_facts(asked, question))


def question_of(asked: Asked) -> Question:
    """The question. Raises UsageError for malformed names, and where an option needs another."""
    operation = asked.operation or CREATE
    if operation not in OPERATIONS:
        raise UsageError(f"The operation is one of {', '.join(OPERATIONS)}, not {operation!r}.")
    _check_owners(asked)
    image = check_image(asked.image) if asked.image else ""
    caller = Principal.aws(asked.caller) if asked.caller else None
    role = check_role(asked.execution_role) if asked.execution_role else None
    return Question(image, _function(asked, caller), operation, caller, role)


def check_caller(question: Question) -> None:
    """Raises UsageError for the creation of a function by somebody of another account, which no call does."""
    caller, function = question.caller, question.function
    if question.operation == CREATE and caller and function and caller.account not in (None, function.account):
        raise UsageError(
            f"A function is created in its caller's own account: the caller is of {caller.account}, and the function "
            f"of {function.account}. Give the --caller and the account that belong together."
        )


def check_image(text: str) -> str:
    """An image's name, whatever registry it is in. Raises UsageError for what is no image's name at all."""
    if not _IMAGE.fullmatch(text):
        scheme = ", which is written without https://" if "://" in text else ""
        raise UsageError(
            f"{text!r} is not the name of an image{scheme}, such as "
            "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1."
        )
    return text


def check_role(text: str) -> str:
    """A role's ARN. Raises UsageError for anything else."""
    parts = arns.split(text)
    if parts is None or not parts.is_a("iam", "role") or not parts.account or not parts.resource_id:
        raise UsageError(f"{text!r} is not the ARN of a role, such as arn:aws:iam::592444418872:role/lambda-role.")
    return text


def _check_owners(asked: Asked) -> None:
    """A document of somebody needs to say whose it is."""
    own = {"identity": "--identity", "boundary": "--boundary", "session": "--session"}
    for name, option in own.items():
        if name in asked.documents and not asked.caller:
            raise UsageError(f"{option} is the caller's: say with --caller who calls.")
    if "execution_identity" in asked.documents and not asked.execution_role:
        raise UsageError("--execution-identity is the execution role's: say with --execution-role which one.")


def _function(asked: Asked, caller: Principal | None) -> FunctionRef | None:
    account = check_account(asked.function_account, "The function's account") if asked.function_account else ""
    region = asked.region or _region(asked.image)
    if not asked.function:
        return FunctionRef(account, region, SOME_FUNCTION) if account and region else None
    is_name = arns.split(asked.function) is None
    own = account or (caller.account or "" if caller else "")
    if is_name and not own and ":function:" not in asked.function:
        raise UsageError(f"Say in which account {asked.function} is: --function with an ARN, or --function-account.")
    if is_name and not region:
        return None
    ref = FunctionRef.parse(asked.function, account=own, region=region)
    if account and ref.account != account:
        raise UsageError(f"--function names the account {ref.account}, and --function-account {account}.")
    return ref


def _region(image: str) -> str:
    try:
        return ImageUri.parse(image).region
    except InvalidImageUri:
        return ""


def given_facts(asked: Asked, question: Question) -> dict[str, Any]:
    """The fields of `Facts` that were given, by their names."""
    found: dict[str, Any] = {}
    for name, texts in asked.documents.items():
        found[name] = _READERS[name](question, texts)
    if any(given.is_without_repository(text) for _, text in asked.documents.get("repository_policy") or ()):
        found["repository"] = None
    found.update(_places(asked, question))
    if question.caller is not None and question.caller.kind != "session":
        found.setdefault("session", Layer())  # a user or role by itself has none
    if asked.context:
        found["context"] = dict(asked.context)
    return found


def _places(asked: Asked, question: Question) -> dict[str, Membership]:
    own = _membership(asked.organization, asked.organization_path, "--organization")
    other = _membership(asked.repository_organization, asked.repository_organization_path, "--repository-organization")
    if other is None and own is not None:
        same = question.function is not None and question.function.account == _account(question.image)
        other = own if same else Membership(own.org_id) if own.org_id else None
    found = {"membership": own, "repository_membership": other}
    return {name: each for name, each in found.items() if each is not None}


def _membership(identifier: str, path: str, option: str) -> Membership | None:
    if identifier == NONE:
        if path:
            raise UsageError(f"{option} none has no {option}-path.")
        return OUTSIDER
    if identifier:
        check_organization_id(identifier)
    if path:
        check_organization_path(path, identifier or None)
        if "*" in path:
            raise UsageError(f"{option}-path is where the account stands, without *: {path!r} is a pattern.")
    organization = identifier or path.partition("/")[0]
    return Membership(organization, (path,) if path else ()) if organization else None


def _account(image: str) -> str:
    try:
        return ImageUri.parse(image).account
    except InvalidImageUri:
        return ""


def _repository(question: Question) -> str:
    try:
        return ImageUri.parse(question.image).repository
    except InvalidImageUri:
        return ""


Reader = Callable[[Question, "Sequence[Text] | None"], Any]


def _one(kind: str, owner: Callable[[Question], str], name: Callable[[Question], str] | None = None) -> Reader:
    """A reader of the one document of a kind; it is called what ``name`` says, else as its file."""

    def read(question: Question, texts: Sequence[Text] | None) -> Any:
        if texts is None:
            return None
        if len(texts) != 1:
            raise UsageError(f"There can be only one {kind.replace('-', ' ')}; {len(texts)} were given.")
        called, text = texts[0]
        known = name(question) if name else ""
        return given.document(text, kind, owner(question), known or called)

    return read


def _repository_policy(question: Question, texts: Sequence[Text] | None) -> Any:
    """The repository's policy; an answer about another account's repository of the same name is nobody's intention."""
    account = _account(question.image)
    for called, text in texts or ():
        other = given.registry_of(text)
        if account and other and other != account:
            raise UsageError(
                f"{called}: This is an answer of registry {other}, and the image is in registry {account}. "
                f"Ask again with --registry-id {account}, or with a profile of that account."
            )
    return _one(REPOSITORY_POLICY, _owner, _repository)(question, texts)


def _layer(kind: str, owner: Callable[[Question], str]) -> Reader:
    return lambda question, texts: given.layer(dict(texts or ()), kind, owner(question))


def _levels(kind: str) -> Reader:
    return lambda _question, texts: None if texts is None else given.levels(list(texts), kind)


def _owner(question: Question) -> str:
    return _account(question.image)


def _callers(question: Question) -> str:
    return (question.caller.account or "") if question.caller else ""


def _roles(question: Question) -> str:
    return arns.account_of(question.execution_role or "") or ""


_READERS: dict[str, Reader] = {
    "repository_policy": _repository_policy,
    "registry_policy": _one(REGISTRY_POLICY, _owner, _owner),
    "boundary": _one(BOUNDARY, _callers),
    "vpc_endpoint": _one(VPC_ENDPOINT_POLICY, _callers),
    "identity": _layer(IDENTITY_POLICY, _callers),
    "session": _layer(SESSION_POLICY, _callers),
    "execution_identity": _layer(IDENTITY_POLICY, _roles),
    "scp": _levels(SCP),
    "rcp": _levels(RCP),
}
"""How the texts of each document become a field of `Facts`."""
