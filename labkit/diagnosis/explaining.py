"""Why is this one request allowed or denied? ``labkit explain``, and in Python ``labkit.explain``: one function.

What the caller's own policies say is known only where they were given. Where they were not, the request is decided
twice, with nothing and with everything in them: where both come out the same it is certain whatever they say, else it
is not known, and nobody is denied as if AWS had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.check import stored
from labkit.check.wrapped import no_policy_in, policy_in
from labkit.errors import PolicyError, UsageError
from labkit.iam import Counterfactual, Decision, Policies, Policy, Principal, Request, cases, counterfactuals, evaluate
from labkit.iam.policies import CheckKind
from labkit.iam.request import ROOT, check_names
from labkit.iam.rules.carried_keys import completed
from labkit.iam.rules.own_rules import TRUST_POLICY, rule_of
from labkit.iam.words.denial import name_in
from labkit.iam.words.explain import allowed, explanation
from labkit.iam.words.outline import Line, outline, text

Text = tuple[str, str]
"""A policy that was given: what it is called (its file), and its text."""

SEVERAL = ("identity", "session", "scp", "rcp")
SINGLE = ("resource_policy", "trust_policy", "boundary", "registry_policy", "vpc_endpoint_policy")
"""The policies that can be given, by the names of the options; of SCPs and RCPs one a level, from the root down."""
_EVERYTHING = Policy.parse({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, "identity")


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """A request as it was typed: texts are those of options of the same names; empty: not given.

    ``documents`` are the policies that were given, by the names of ``SEVERAL`` and ``SINGLE``. Without ``identity`` the
    caller's own policies are not known; with none in it there are none.
    """

    principal: str
    action: str
    resource: str
    role: str = ""
    principal_id: str = ""
    resource_account: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Sequence[Text]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to one request, with what is not known and which policies AWS would not store.

    ``decision`` is as if the caller's own policies, where these are not known, allowed everything.
    """

    decision: Decision
    identity_known: bool = True
    refused: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool | None:
        """Whether it is allowed; None where that hangs on policies that were not given."""
        if self.identity_known or not self.decision.allowed:
            return self.decision.allowed
        return self._without_identity.allowed or None

    @property
    def not_known(self) -> tuple[str, ...]:
        """What was not given and has, or would have, a say, in sentences."""
        if self.identity_known:
            return ()
        return ("No --identity was given, so what the caller's own policies say is not known.",)

    @property
    def counterfactuals(self) -> tuple[Counterfactual, ...]:
        """Values of condition keys that would turn the answer; none where there is no answer."""
        return () if self.allowed is None else counterfactuals(self.decision)

    def outline(self) -> Line:
        """The answer as a tree of lines; caller's policies that were not given stand in it as not known."""
        whole = outline(self.decision)
        if self.identity_known:
            return whole
        name = name_in(self.decision, CheckKind.PRINCIPAL)
        own = Line("none", f"{name[0].upper()}{name[1:]}: not known. {self.not_known[0]}")
        whole = whole._replace(children=(own, *(line for line in whole.children if not _begins(line, name))))
        if self.allowed is not None:
            return whole
        request = self.decision.request
        asked = f"whether {request.principal} {allowed(True)} {request.action} on {request.resource}"
        return whole._replace(state="none", text=f"Not known: {asked}", verdict="Not known", title=asked)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data: the decision with every statement, what would turn it, what is not known."""
        decided = self.decision if self.identity_known else self._without_identity
        found = explanation(decided)
        turning = [{"key": each.key, "value": each.value, "sentence": each.sentence} for each in self.counterfactuals]
        if self.allowed is None:
            found["denial"] = None
        found |= {"counterfactuals": turning, "not_known": list(self.not_known)}
        return {**found, "refused": list(self.refused)} if self.refused else found

    def lines(self) -> list[str]:
        """What is said below the tree: AWS's own sentence, what AWS would not store, what would turn the answer."""
        said = self.decision.denial if self.allowed is False else None
        turning = [each.sentence for each in self.counterfactuals]
        return [*([f"AWS would say: {said}"] if said else []), *self.refused, *turning]

    @property
    def _without_identity(self) -> Decision:
        return evaluate(self.decision.request, self.decision.policies._replace(identity=()))

    def __repr__(self) -> str:
        return "\n".join([text([self.outline()]), *self.lines()])


def _begins(line: Line, name: str) -> bool:
    return line.text.lower().startswith(f"{name.lower()}:")


def explained(asked: AskedRequest) -> Explanation:
    """The answer to a request that was typed. Raises UsageError, PolicyError for a text that is no policy."""
    request = _request(asked)
    given = {name: list(texts) for name, texts in asked.documents.items()}
    rule = rule_of(request)
    if given.get("resource_policy") and given.get("trust_policy"):
        raise UsageError("Give --resource-policy or --trust-policy; a role's trust policy is its resource policy.")
    if given.get("trust_policy") and (rule is None or rule.policy_name != TRUST_POLICY):
        raise UsageError(f"--trust-policy is for sts:AssumeRole and its siblings; {asked.action} asks no trust policy.")
    policies = Policies.from_json(_documents(given))
    refused = tuple(stored.refusals(request, policies))
    who = request.principal
    if "identity" in given or not who.is_iam or who.kind == ROOT:
        return Explanation(evaluate(request, policies), refused=refused)
    return Explanation(evaluate(request, policies._replace(identity=(_EVERYTHING,))), False, refused)


def explain(
    case: Mapping[str, Any] | str | Path | None = None,
    *,
    principal: str = "",
    action: str = "",
    resource: str = "",
    role: str = "",
    principal_id: str = "",
    resource_account: str = "",
    context: Mapping[str, Any] | None = None,
    **documents: Any,
) -> Explanation:
    """Why is one request allowed or denied? What ``labkit explain`` answers, by arguments of the names of its options.

    ``documents`` are identity, resource_policy, trust_policy, boundary, session, scp, rcp, registry_policy and
    vpc_endpoint_policy: each a policy as a dict, or the path of a file with one or with the answer of the aws CLI; a
    list of these where there can be several; None where there is none. Without ``identity`` the caller's own policies
    are not known. Instead of all this a ``case`` as ``labkit evaluate`` reads it, or the path of its file. Raises
    UsageError.
    """
    if case is not None:
        return Explanation(_case(case))
    if missing := [name for name, value in zip(_REQUIRED, (principal, action, resource), strict=True) if not value]:
        raise UsageError(f"A request has {', '.join(_REQUIRED)}; give {' and '.join(missing)} too.")
    if unknown := sorted(documents.keys() - {*SEVERAL, *SINGLE}):
        raise UsageError(f"There is no policy {unknown[0]!r}; there are {', '.join((*SEVERAL, *SINGLE))}.")
    given = {name: _texts(name, value) for name, value in documents.items()}
    return explained(
        AskedRequest(principal, action, resource, role, principal_id, resource_account, context or {}, given)
    )


_REQUIRED = ("principal", "action", "resource")


def _case(case: Mapping[str, Any] | str | Path) -> Decision:
    if not isinstance(case, str | Path):
        return cases.explain(case)
    found = cases.read_cases(_read(str(case)))
    if len(found) != 1 or isinstance(found[0], cases.UnreadableCase):
        raise UsageError(f"{case}: It holds {len(found)} cases, and one is explained; labkit evaluate decides all.")
    return found[0].decide()


def _texts(name: str, value: Any) -> list[Text]:
    if value is None:
        return []
    listed = value if isinstance(value, list | tuple) else [value]
    if len(listed) > 1 and name in SINGLE:
        raise UsageError(f"There can be only one {name}: give a dict or a path.")
    return [_text(name, each) for each in listed]


def _text(name: str, value: Any) -> Text:
    if isinstance(value, Mapping):
        return name, json.dumps(dict(value))
    if not isinstance(value, str | Path):
        raise UsageError(f"{name} is a policy as a dict, or the path of a file, not {value!r}.")
    return str(value), _read(str(value))


def _read(name: str) -> str:
    from labkit.diagnosis.evidence.folder import text_of

    try:
        return text_of(Path(name))
    except ValueError as error:
        raise UsageError(f"{name}: {str(error)[:1].upper()}{str(error)[1:]}.") from None


def _documents(given: Mapping[str, Sequence[Text]]) -> dict[str, Any]:
    """The policies in the shape of a case, each checked so far that a complaint names its file."""
    found = {name: [each for text in texts if (each := _policy(text)) is not None] for name, texts in given.items()}
    one = {name: next(iter(found.get(name, [])), None) for name in SINGLE}
    return {
        "identity": found.get("identity", []),
        "resource": one["resource_policy"] or one["trust_policy"],
        "boundary": one["boundary"],
        "session": found.get("session", []),
        "scp": [[each] for each in found["scp"]] if found.get("scp") else None,
        "rcp": [[each] for each in found["rcp"]] if found.get("rcp") else None,
        "registry": one["registry_policy"],
        "vpc_endpoint": one["vpc_endpoint_policy"],
    }


def _policy(given: Text) -> str | None:
    """The policy's text: the document itself, or inside an answer of AWS's; None where AWS says that there is none."""
    name, document = given
    if no_policy_in(document):
        return None
    try:
        inside = policy_in(json.loads(document))
    except (ValueError, RecursionError):
        inside = None
    try:
        return Policy.parse(inside.text if inside else document).source
    except PolicyError as error:
        raise PolicyError(f"{name}: {error}") from None


def _request(asked: AskedRequest) -> Request:
    who = _principal(asked.principal, asked.role)._replace(id=asked.principal_id)
    owner = asked.resource_account or None
    check_names(asked.action, asked.resource, owner)
    return completed(Request(who, asked.action, asked.resource, owner, asked.context))


def _principal(named: str, role: str) -> Principal:
    if role:
        if (Principal.aws(named).kind, Principal.aws(role).kind) not in (("session", "role"), ("session", "user")):
            raise UsageError(f"--role is the ARN of the role whose session --principal is; {named} and {role} are not.")
        return Principal.session(named, role)
    if named == "*":
        return Principal.anonymous()
    return Principal.service(named) if named.endswith((".amazonaws.com", ".amazonaws.com.cn")) else Principal.aws(named)
