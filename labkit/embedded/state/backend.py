"""moto as the state behind IAM, Organizations and ECR repository metadata. The only module that imports moto.

moto is used for its state and the shapes of its answers, and for no decision: calls arrive here authenticated, parsed
and authorized, are written anew from their parsed parameters (`dispatch`), and moto takes account, region and operation
from here, never from the request. Beside that the module reads what is needed to decide, as plain records.

moto keeps its state in module globals, so there is one `Backend` per process; making one starts from nothing. It is not
thread-safe: whoever calls holds `Embedded.lock`.
"""
# mypy: disable-error-code="arg-type, assignment, attr-defined, call-overload, index, method-assign, union-attr"
# moto's annotations know neither its own dynamic attributes nor what is put in their place here.

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import islice
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ.pop("MOTO_ACCOUNT_ID", None)  # would make every account the same one

from moto.core.common_models import BaseModel
from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.ecr.models import ECRBackend, ecr_backends
from moto.ecr.responses import ECRResponse
from moto.iam.models import AWSManagedPolicy, Group, IAMBackend, Role, User, iam_backends
from moto.iam.responses import IamResponse
from moto.organizations import utils as organization_ids
from moto.organizations.models import organizations_backends
from moto.organizations.responses import OrganizationsResponse

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.models import operation_model
from labkit.embedded.state import snapshot
from labkit.embedded.state.codec import read_answer, write_request
from labkit.embedded.state.records import Documents, Node, Place, PolicyText, RepositoryRecord, RoleRecord, UserRecord
from labkit.iam.arn import parse
from labkit.pull.organization import ORGANIZATION_ID

_LOG = logging.getLogger(__name__)
_STATE = {"iam": iam_backends, "ecr": ecr_backends, "organizations": organizations_backends}
_KINDS = {"user": "users", "group": "groups"}

# moto keeps every object it ever made, for its dashboard; the lab's process lives long.
BaseModel.__new__ = lambda cls, *args, **kwargs: object.__new__(cls)
# moto would read the regions of every partition to know which exist; the gateway knows.
ecr_backends._use_boto3_regions = False
# AWS admits 8 to 32 letters after the dash, moto exactly 8.
organization_ids.OU_ID_REGEX = r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}"
organization_ids.ORG_ID_REGEX = ORGANIZATION_ID.pattern


class Backend:
    """moto's state for all accounts. ``changed`` says whether something is to be written."""

    def __init__(self) -> None:
        self._clear()
        self.changed = False

    def dispatch(
        self, service: str, operation: str, params: dict[str, Any], *, account: str, region: str
    ) -> dict[str, Any]:
        """Execute an operation in ``account`` and ``region`` as if ``params`` had just been sent; returns its output.

        Raises `ServiceError` with moto's code and message, and a clean 4xx where moto itself fails.
        """
        if service == "ecr":
            self._ecr(account, region)
        model = operation_model(service, operation)
        output = read_answer(model, *_execute(service, operation, account, region, write_request(model, params)))
        if not operation.startswith(("Get", "List", "Describe")):
            self.changed = True
        return output

    # -- IAM -------------------------------------------------------------------------------------------------------

    def role(self, account: str, name: str) -> RoleRecord | None:
        """A role by its name."""
        role = self._role(account, name)
        if role is None:
            return None
        seconds = int(role.max_session_duration or 3600)
        return RoleRecord(role.arn, role.id, account, name, role.assume_role_policy_document, seconds)

    def role_tags(self, account: str, name: str) -> dict[str, str]:
        """The tags of a role that exists."""
        role = self._role(account, name)
        return {tag["Key"]: tag["Value"] for tag in role.tags or ()} if role else {}

    def role_documents(self, account: str, name: str) -> Documents:
        """The policies of a role; none when it does not exist."""
        role = self._role(account, name)
        return self._documents(account, [role] if role else [], role.permissions_boundary_arn if role else None)

    def user(self, account: str, name: str) -> UserRecord | None:
        """A user by its name."""
        user = self._iam(account).users.get(name)
        if user is None:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in user.tags or ()}
        return UserRecord(user.arn, user.id, _boundary(user), tags)

    def user_documents(self, account: str, name: str) -> Documents:
        """The policies of a user and of its groups; none when it does not exist."""
        iam = self._iam(account)
        user = iam.users.get(name)
        if user is None:
            return Documents((), None)
        return self._documents(account, [user, *iam.get_groups_for_user(name)], _boundary(user))

    def policy_document(self, account: str, arn: str) -> str | None:
        """The text of the default version of a managed policy."""
        policy = self._iam(account).managed_policies.get(arn)
        if policy is None:
            return None
        return str(next(v.document for v in policy.versions if v.version_id == policy.default_version_id))

    def arn_of(self, account: str, kind: str, name: str) -> str | None:
        """The ARN, path included, of an existing role, user or group."""
        if kind == "role":
            role = self._role(account, name)
            return role.arn if role else None
        found = getattr(self._iam(account), _KINDS[kind]).get(name)
        return str(found.arn) if found else None

    def remove_role(self, account: str, name: str) -> None:
        """Remove a role without policies, if it exists."""
        self._iam(account).roles = {id: role for id, role in self._iam(account).roles.items() if role.name != name}
        self.changed = True

    def set_user_id(self, account: str, name: str, user_id: str) -> None:
        """Give an existing user its id."""
        self._iam(account).users[name].id = user_id
        self.changed = True

    def set_user_boundary(self, account: str, name: str, arn: str | None) -> None:
        """Set or remove the permissions boundary of an existing user; moto has none for users."""
        self._iam(account).users[name].permissions_boundary_arn = arn
        self.changed = True

    def _iam(self, account: str) -> IAMBackend:
        return iam_backends[account]["aws"]

    def _role(self, account: str, name: str) -> Role | None:
        return next((role for role in self._iam(account).roles.values() if role.name == name), None)

    def _documents(self, account: str, owners: list[Role | User | Group], boundary: str | None) -> Documents:
        identity = [
            document for owner in owners for document in [*owner.policies.items(), *self._attached(account, owner)]
        ]
        if boundary is None:
            return Documents(tuple(identity), None)
        # A boundary whose policy is gone leaves nothing that it allows.
        text = self.policy_document(account, boundary) or '{"Version": "2012-10-17", "Statement": []}'
        return Documents(tuple(identity), (_name(boundary), text))

    def _attached(self, account: str, owner: Role | User | Group) -> Iterator[PolicyText]:
        for arn in owner.managed_policies:
            text = self.policy_document(account, arn)
            if text is not None:
                yield _name(arn), text

    # -- Organizations ---------------------------------------------------------------------------------------------

    def place(self, account: str) -> Place | None:
        """Where an account stands, as the organization is at this moment; None when it is in none."""
        master, partition = organizations_backends.master_accounts.get(account, (account, "aws"))
        backend = organizations_backends[master][partition]
        found = next((each for each in backend.accounts if each.id == account), None)
        if backend.org is None or found is None:
            return None
        units = {unit.id: unit for unit in backend.ou}
        levels, above = [_node(found)], found.parent_id
        while above:
            levels.append(_node(units[above]))
            above = units[above].parent_id
        root = units[backend.org.root_id]
        enabled = frozenset(kind["Type"] for kind in root.policy_types)
        return Place(backend.org.id, backend.org.master_account_id, tuple(reversed(levels)), enabled)

    @contextmanager
    def fixed_ids(self, **ids: str) -> Iterator[None]:
        """While this is open, moto takes the next ``account``, ``ou``, ``org``, ``root`` id from here."""
        with patch.multiple(
            organization_ids, **{f"make_random_{kind}_id": lambda *_, value=value: value for kind, value in ids.items()}
        ):
            yield

    def rename_organization(self, management: str, name: str) -> None:
        """Replace the id of the organization of ``management`` in place; nothing else of it changes."""
        backend = organizations_backends[management]["aws"]
        backend.org.id = name
        for item in [*backend.accounts, *backend.ou, *backend.policies]:
            item.organization_id = name
        self.changed = True

    def move_management(self, old: str, new: str) -> None:
        """Make ``new`` the management account of the organization of ``old``, which leaves it."""
        backend = organizations_backends[old]["aws"]
        del organizations_backends[old]
        organizations_backends[new]["aws"] = backend
        backend.account_id = backend.org.master_account_id = new
        for account in backend.accounts:
            account.id = new if account.id == old else account.id
        for item in [*backend.accounts, *backend.ou, *backend.policies]:
            item.master_account_id = new
        masters = organizations_backends.master_accounts
        masters.update({member: (new, at[1]) for member, at in masters.items() if at[0] == old})
        self.changed = True

    # -- ECR -------------------------------------------------------------------------------------------------------

    def repository(self, account: str, region: str, name: str) -> RepositoryRecord | None:
        """A repository's metadata."""
        found = self._repository(account, region, name)
        if found is None:
            return None
        filters = tuple(dict(each) for each in found.image_tag_mutability_exclusion_filters or ())
        mutability = str(getattr(found.image_tag_mutability, "value", found.image_tag_mutability))
        return RepositoryRecord(found.arn, found.uri, account, region, name, found.policy, mutability, filters)

    def set_repository_policy(self, account: str, region: str, name: str, text: str | None) -> None:
        """Write the policy of an existing repository as it is, or remove it."""
        self._repository(account, region, name).policy = text
        self.changed = True

    def _repository(self, account: str, region: str, name: str) -> Any:
        return self._ecr(account, region).repositories.get(name)

    def _ecr(self, account: str, region: str) -> ECRBackend:
        regions = ecr_backends[account]
        if not dict.__contains__(regions, region):
            regions[region] = ECRBackend(region, account)
        return regions[region]

    # -- State -----------------------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """Everything, as bytes (`labkit.embedded.state.snapshot`)."""
        state = {name: {key: dict(regions) for key, regions in backends.items()} for name, backends in _STATE.items()}
        state["masters"] = dict(organizations_backends.master_accounts)
        return snapshot.dump(state, {AWSManagedPolicy: lambda policy: (_aws_policy, (policy.arn,))})

    def load(self, body: bytes) -> None:
        """Replace everything by what `dump` wrote; ``body`` has passed `snapshot.check`."""
        self._clear()
        state = snapshot.load(body, {(__name__, _aws_policy.__name__)})
        organizations_backends.master_accounts.update(state.pop("masters"))
        for name, accounts in state.items():
            for account, regions in accounts.items():
                for region, backend in regions.items():
                    dict.__setitem__(_STATE[name][account], region, backend)
        for regions in state["iam"].values():
            _add_aws_policies(regions["aws"])
        self.changed = False

    def _clear(self) -> None:
        for backends in _STATE.values():
            backends.clear()
        organizations_backends.master_accounts.clear()


# -- Calling moto --------------------------------------------------------------------------------------------------


class _Bound:
    """A response class of moto that takes its context from labkit only, and never from the request."""

    lab_account: str
    lab_region: str
    lab_operation: str

    def get_current_account(self) -> str:
        return self.lab_account

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        return self.lab_region

    def get_access_key(self) -> str:
        return "AKIAEMBEDDEDAWS00000"

    def _get_action(self) -> str:
        return self.lab_operation

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        """Done before the call came here (`labkit.embedded.request.execution`)."""


def _bound(base: type[BaseResponse]) -> type[BaseResponse]:
    # Parsing by the model closes moto's second reading of a JSON body as a form.
    return type(base.__name__, (_Bound, base), {"automated_parameter_parsing": True})


_RESPONSES = {
    "iam": _bound(IamResponse),
    "ecr": _bound(ECRResponse),
    "organizations": _bound(OrganizationsResponse),
}


def _execute(
    service: str, operation: str, account: str, region: str, wire: tuple[str, str, dict[str, str], bytes]
) -> tuple[int, Mapping[str, Any], str | bytes]:
    method, path, headers, body = wire
    response = _RESPONSES[service]()
    response.lab_account, response.lab_region, response.lab_operation = account, region, operation
    request = Request.from_primitives(method, f"https://{service}.{region}.amazonaws.com{path}", headers, body)
    try:
        status, answer_headers, answer = response._dispatch(request)
    except NotImplementedError:
        raise ServiceError("InvalidAction", f"The embedded AWS does not implement {service}:{operation}.") from None
    except Exception as error:
        # moto raises plain Python errors for input that it did not foresee: the client's input, so a client error.
        _LOG.exception("moto could not execute %s:%s", service, operation)
        reason = f"The embedded AWS could not execute {operation} with these parameters ({type(error).__name__})."
        raise ServiceError("ValidationError", reason) from None
    return int(answer_headers.get("status", status)), answer_headers, answer


# -- AWS's own managed policies: read once, one thin copy of each per account --------------------------------------

_read_aws_policies = IAMBackend._init_aws_policies


@cache
def _originals() -> list[AWSManagedPolicy]:
    return list(_read_aws_policies(SimpleNamespace(account_id="aws", region_name="aws")))


def _copies(backend: IAMBackend) -> list[AWSManagedPolicy]:
    copies = [copy.copy(policy) for policy in _originals()]
    for policy in copies:
        policy.account_id = backend.account_id
    return copies


def _state_of(backend: IAMBackend) -> dict[str, Any]:
    # AWS's policies come first and are never removed; what follows them is the account's own.
    own = dict(islice(backend.managed_policies.items(), len(backend.aws_managed_policies), None))
    return {**backend.__dict__, "aws_managed_policies": [], "managed_policies": own}


IAMBackend._init_aws_policies = _copies
IAMBackend.__getstate__ = _state_of


def _aws_policy(arn: str) -> AWSManagedPolicy:
    return _by_arn()[arn]


@cache
def _by_arn() -> dict[str, AWSManagedPolicy]:
    return {policy.arn: policy for policy in _originals()}


def _add_aws_policies(backend: IAMBackend) -> None:
    """Give a loaded backend its own copies again, and let everything that it attaches point at them."""
    backend.aws_managed_policies = _copies(backend)
    own = {policy.arn: policy for policy in backend.aws_managed_policies}
    backend.managed_policies = {**own, **backend.managed_policies}
    for owner in [*backend.roles.values(), *backend.users.values(), *backend.groups.values()]:
        for arn in owner.managed_policies.keys() & own.keys():
            owner.managed_policies[arn] = own[arn]
            own[arn].attachment_count += 1


def _boundary(user: User) -> str | None:
    return getattr(user, "permissions_boundary_arn", None)


def _name(policy_arn: str) -> str:
    return parse(policy_arn).name


def _node(item: Any) -> Node:
    kinds: dict[str, list[PolicyText]] = {}
    for policy in item.attached_policies:
        kinds.setdefault(policy.type, []).append((policy.name, policy.content))
    return Node(item.id, {kind: tuple(documents) for kind, documents in kinds.items()})
