"""The article's scenarios, and the trap that its build command avoids, one after another, as tables of steps."""

from __future__ import annotations

from labkit.lab.article import EXECUTION_ROLE, LIMITED_ROLE, ORGANIZATION, OTHER_ACCOUNT, SAME_ACCOUNT, TAG, Names
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.scenarios import steps
from labkit.scenarios.model import DENIED, INVOKED, PULLED, REFUSED, Scenario, Step

REGISTRY, WORKLOAD = "registry", "workload"
DEVELOPMENT, NEIGHBOUR, OUTSIDER = "development", "neighbour", "outsider"


def _denied(title: str, actor: str, names: Names) -> Step:
    create = steps.create_function(names.function, names.repository, expect_denied=True)
    return Step(title, actor, create, DENIED, steps.why_refused(names.function, names.repository))


def _created(title: str, actor: str, names: Names, tag: str = TAG) -> tuple[Step, Step]:
    return (
        Step(title, actor, steps.create_function(names.function, names.repository, tag=tag)),
        Step("invoke the function", actor, steps.invoke(names.function), INVOKED),
    )


def _setup(names: Names, *actors: str) -> tuple[Step, ...]:
    """The image in its repository, and an execution role in every account that will have a function."""
    push = Step(f"push the image to {names.repository}", REGISTRY, steps.push_image(names.repository))
    role = f"create the execution role {EXECUTION_ROLE}"
    return push, *(Step(role, actor, steps.execution_role()) for actor in actors)


def _same_account() -> Scenario:
    n = SAME_ACCOUNT
    powerful = (
        *_created("create the function as an administrator", REGISTRY, n),
        Step("read the policy that Lambda has added", REGISTRY, steps.read_added_policy(n.repository)),
        Step("delete the function", REGISTRY, steps.delete_function(n.function)),
        Step("clear the repository's policy", REGISTRY, steps.set_policy(n.repository, lambda _lab: None)),
    )
    limited = (
        Step(f"create {LIMITED_ROLE} with AWSLambda_FullAccess", REGISTRY, steps.limited_role()),
        Step(f"assume {LIMITED_ROLE}", REGISTRY, steps.assume_limited_role()),
        _denied(f"create the function as {LIMITED_ROLE}", LIMITED_ROLE, n),
        Step(
            "let Lambda pull: the two-action statement",
            REGISTRY,
            steps.set_policy(n.repository, lambda _lab: policies.same_account()),
        ),
        *_created(f"create the function as {LIMITED_ROLE} again", LIMITED_ROLE, n),
    )
    return Scenario(
        "same-account",
        "Repository and function in one account",
        n.repository,
        {REGISTRY: n.function},
        {REGISTRY: (LIMITED_ROLE,)},
        _setup(n, REGISTRY),
        powerful + limited,
    )


def _cross_account() -> Scenario:
    n = OTHER_ACCOUNT
    return Scenario(
        "cross-account",
        "Repository and function in two accounts",
        n.repository,
        {WORKLOAD: n.function, DEVELOPMENT: n.function},
        {},
        _setup(n, WORKLOAD, DEVELOPMENT),
        (
            _denied("create the function without any grant", WORKLOAD, n),
            Step(
                "grant the workload account: one statement for its callers, one for Lambda",
                REGISTRY,
                steps.set_policy(n.repository, lambda lab: policies.cross_account(lab.workload.account)),
            ),
            *_created("create the function again", WORKLOAD, n),
            _denied("the grant stops: create the function in an account it does not name", DEVELOPMENT, n),
        ),
    )


def _organization() -> Scenario:
    n = ORGANIZATION
    return Scenario(
        "organization",
        "Every account of an organization",
        n.repository,
        {WORKLOAD: n.function, NEIGHBOUR: n.function, OUTSIDER: n.function},
        {},
        _setup(n, WORKLOAD, NEIGHBOUR, OUTSIDER),
        (
            _denied("create the function without any grant", WORKLOAD, n),
            Step(
                "grant the organization by its id",
                REGISTRY,
                steps.set_policy(n.repository, lambda lab: policies.organization(lab.organization_id)),
            ),
            Step("pull the image as the caller", WORKLOAD, steps.pull_image(n.repository), PULLED),
            *_created("create the function again", WORKLOAD, n),
            _denied("the grant stops: create the function in another organization", NEIGHBOUR, n),
            Step(
                "grant the other organization too, by adding its id",
                REGISTRY,
                steps.set_policy(n.repository, _two_organizations),
            ),
            *_created("create the function in the other organization", NEIGHBOUR, n),
            _denied("the grant stops: create the function in an account of no organization", OUTSIDER, n),
        ),
        lambda lab: lab.organization_id,
    )


def _two_organizations(lab: Lab) -> policies.PolicyDocument:
    other = lab.organization_of(NEIGHBOUR)
    return policies.organization(lab.organization_id, *([other] if other else []))


def _organization_paths() -> Scenario:
    n = ORGANIZATION
    return Scenario(
        "organization-paths",
        "Some units of an organization",
        n.repository,
        {WORKLOAD: n.function, DEVELOPMENT: n.function},
        {},
        _setup(n, WORKLOAD, DEVELOPMENT),
        (
            Step(
                "grant a path that the workload account is not in",
                REGISTRY,
                steps.set_policy(n.repository, lambda lab: policies.organization_paths(lab.other_path)),
            ),
            _denied("create the function outside the granted path", WORKLOAD, n),
            Step(
                "grant the path that the workload account is in",
                REGISTRY,
                steps.set_policy(n.repository, lambda lab: policies.organization_paths(lab.organization_path)),
            ),
            *_created("create the function inside the granted path", WORKLOAD, n),
            _denied("the grant stops: create the function in another unit", DEVELOPMENT, n),
            Step(
                "grant both paths in one policy",
                REGISTRY,
                steps.set_policy(
                    n.repository, lambda lab: policies.organization_paths(lab.organization_path, lab.other_path)
                ),
            ),
            *_created("create the function in the other unit", DEVELOPMENT, n),
        ),
        lambda lab: lab.organization_path,
    )


def _provenance() -> Scenario:
    n, index, image = SAME_ACCOUNT, f"{TAG}-with-provenance", f"{TAG}-without-provenance"
    return Scenario(
        "provenance",
        "What builders add",
        n.repository,
        {REGISTRY: n.function},
        {},
        _setup(n, REGISTRY),
        (
            Step(
                "push with provenance: an index", REGISTRY, steps.push_built(n.repository, index, True, keeps=(image,))
            ),
            Step(
                "create the function from the index",
                REGISTRY,
                steps.create_function(n.function, n.repository, tag=index),
                REFUSED,
            ),
            Step("push without provenance: one image", REGISTRY, steps.push_built(n.repository, image, False)),
            *_created("create the function from the image", REGISTRY, n, image),
        ),
    )


SCENARIOS: dict[str, Scenario] = {
    made.name: made
    for made in (_same_account(), _cross_account(), _organization(), _organization_paths(), _provenance())
}

ARTICLE = ("same-account", "cross-account", "organization", "organization-paths")
"""The names of the article's own scenarios, which are played where none is named."""
