"""The lab: a registry account, a workload account and an organization behind AWS profiles, embedded or real.

An embedded lab also has accounts in which grants are seen to stop: one in another unit of the organization, one of
another organization, one of none. A real lab has the two profiles that it was given (and, to explain, a third that may
read the organization). Nothing here asks which of the two it is, except to say so.

What a learner chooses in notebook 00 is kept in the lab home and found again by every notebook (``Lab.open``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

import labkit.embedded.process.client as embedded
from labkit.aws import organizations, reading, repositories, scps, sessions, transport
from labkit.docker.engine_choice import DOCKER
from labkit.errors import UsageError
from labkit.ground.environment import apply, own_variables
from labkit.ground.home import home_path
from labkit.iam import Policy, Principal
from labkit.iam.policies import Levels
from labkit.image.build.base_image import PUBLIC, STAND_IN
from labkit.image.transfer import BytesReport, in_words, silent
from labkit.lab.actor import Actor
from labkit.lab.article import IMAGE_FOLDER, REPOSITORIES, SAME_ACCOUNT, TAG
from labkit.lab.builder import Builder, BuiltImage
from labkit.lab.choices import TWO_PROFILES, Choices
from labkit.lab.engine import open_builder
from labkit.lab.notebook_errors import show_as_sentences
from labkit.lab.organization_path import check_embedded_path
from labkit.lab.trail import Trail
from labkit.lab.world import ChangeableWorld
from labkit.pull.decision import PullDecision
from labkit.pull.function import FunctionRef
from labkit.pull.organization import OUTSIDER, Membership, Organization, check_organization_path
from labkit.pull.question import PullQuestion, caller_context
from labkit.pull.regions import check_region
from labkit.pull.uri import ImageUri


class Lab(ChangeableWorld):
    """Two accounts and what surrounds them. Made by ``Lab.open``, ``Lab.embedded`` or ``Lab.on_profiles``."""

    def __init__(self, profiles: Mapping[str, str], choices: Choices, where: str, home: Path | None = None) -> None:
        self.profiles = dict(profiles)
        self.choices = choices
        self.where = where
        self.home = home_path(home)
        self._actors: dict[str, Actor] = {}

    @classmethod
    def open(cls, home: Path | None = None) -> Lab:
        """The lab that was chosen for the lab home: what every notebook begins with.

        Starts the embedded AWS where it is the choice and not running, and points this process's AWS environment
        variables at it. In a notebook the lab's errors are one sentence from now on. Raises UsageError, EmbeddedError.
        """
        show_as_sentences()
        choices = Choices.read(home_path(home))
        return cls.on_profiles(choices, home) if choices.are_real else cls.embedded(home, choices)

    @classmethod
    def embedded(cls, home: Path | None = None, choices: Choices | None = None) -> Lab:
        """A lab on the embedded AWS of the lab home."""
        chosen = choices or Choices()
        running = embedded.ensure(home, run_as=chosen.run_as)
        embedded.use_profiles(running)
        transport.connect_clients()
        return cls({name: name for name in running.accounts}, chosen, running.where, home)

    @classmethod
    def on_profiles(cls, choices: Choices, home: Path | None = None) -> Lab:
        """A lab on two profiles that exist already; this process goes back to the user's own AWS config files.

        Raises UsageError when the profiles do not do.
        """
        if not (choices.registry_profile and choices.workload_profile):
            raise UsageError(TWO_PROFILES)
        if choices.organization_path:
            check_organization_path(choices.organization_path)
        if choices.region:
            check_region(choices.region)
        apply(own_variables())
        profiles = {"registry": choices.registry_profile, "workload": choices.workload_profile}
        if choices.management_profile:
            profiles["management"] = choices.management_profile
        lab = cls(profiles, choices, "", home)
        if lab.registry.account == lab.workload.account:
            raise UsageError(
                f"Both profiles lead to the account {lab.registry.account}. The registry and the workload account "
                "must be two."
            )
        lab.where = f"AWS at {sessions.endpoint_of(lab.registry.session)}"
        return lab

    def actor(self, name: str) -> Actor | None:
        """The administrator of an account of the lab, or None where the lab has no such account."""
        if name not in self.profiles:
            return None
        if name not in self._actors:
            region = self.choices.region if self.choices.are_real else None  # the lab's own profiles have the world's
            session = sessions.open_session(self.profiles[name], region)
            self._actors[name] = Actor.of(name, session)
        return self._actors[name]

    def actors(self) -> Iterator[Actor]:
        """The administrators of all accounts of the lab."""
        for name in self.profiles:
            yield self._required(name)

    def _required(self, name: str) -> Actor:
        actor = self.actor(name)
        if actor is None:
            raise UsageError(f"This lab has no account {name!r}.")
        return actor

    @property
    def registry(self) -> Actor:
        """The account that owns the repositories."""
        return self._required("registry")

    @property
    def workload(self) -> Actor:
        """The account that owns the functions."""
        return self._required("workload")

    @property
    def region(self) -> str:
        """The region of repositories and functions: Lambda pulls from its own region only."""
        return self.registry.region

    def image_uri(self, repository: str, tag: str = TAG) -> str:
        """The URI of an image in the registry account."""
        return str(ImageUri(self.registry.account, self.region, repository, tag))

    @cached_property
    def engine(self) -> Builder:
        """Who builds, pushes and pulls: a Docker engine, or the lab by itself; ``engine.sentence`` says which.

        Looked for once, when it is first needed. Raises NoEngine where Docker was chosen and does not answer.
        """
        dockerfile = IMAGE_FOLDER / "Dockerfile"
        ecr = self.registry.client("ecr")
        return open_builder(self.choices.engine, self.choices.base, dockerfile, ecr, self.home)

    @property
    def base(self) -> str:
        """What the image is built on: AWS's own base where Docker or real AWS runs it, else the lab's stand-in."""
        runs_it = self.choices.are_real or self.engine.name == DOCKER
        return self.choices.base or (PUBLIC if runs_it else STAND_IN)

    def build_image(
        self, progress: Callable[[str], None] | None = None, pulling: BytesReport | None = None
    ) -> BuiltImage:
        """Builds the article's image on the lab's base, for its three repositories.

        ``progress`` gets a line for each instruction, and while AWS's base image is pulled one every two seconds;
        ``pulling`` gets the bytes that are there, and how many there are, instead of these lines. Raises
        DockerfileError, and LabError where the base cannot be pulled or the engine fails.
        """
        names = [ImageUri(self.registry.account, self.region, repository, TAG) for repository in REPOSITORIES]
        if pulling is None:
            pulling = in_words(progress) if progress else silent
        built: BuiltImage = self.engine.build(IMAGE_FOLDER, self.base, names, progress or silent, pulling)
        return built

    def replicate(self, repository: str, to: str = "registry", region: str | None = None) -> str:
        """Lets a repository of the registry account have a replica, as ECR's replication makes it; answers its URI.

        ``to`` is an account by its name in the lab or its number, ``region`` the registry's own where none is given.
        The images that can be pulled now are there, with their tags; the repository policy is not. Raises UsageError
        for a repository or account that is not there, and for a lab on real accounts, where ECR replicates.
        """
        if self.choices.are_real:
            raise UsageError("On AWS it is ECR that replicates: put a replication configuration.")
        account = self._required(to).account if to in self.profiles else to
        source, target = (self.registry.account, self.region), (account, region or self.region)
        return embedded.replicate(self.home, repository, source, target)

    def trail(self, account: str | None = None, *, denied: bool = False, most: int = 50) -> Trail:
        """The newest calls, who made them and how they were decided: all, or those of one account (an actor's name or
        12 digits), or only those that were ``denied``.

        Raises UsageError for a lab on real accounts, where CloudTrail's LookupEvents is asked.
        """
        if self.choices.are_real:
            raise UsageError("What was called on AWS, CloudTrail knows: call LookupEvents with boto3.")
        wanted = {"account": embedded.account_named(self.home, account), "denied": denied, "most": most}
        return Trail.of(embedded.trail(self.home, wanted)["entries"])

    # The organization

    @cached_property
    def organization_id(self) -> str:
        """The id of the registry account's organization. Raises UsageError when it is in none."""
        found = self.organization_of("registry")
        if found is None:
            raise UsageError(f"The account {self.registry.account} is in no organization, so there is none to grant.")
        return found

    def organization_of(self, name: str) -> str | None:
        """The id of the organization that an account of the lab is in, or None. Asked anew each time."""
        actor = self.actor(name)
        return organizations.organization_id(actor.client("organizations")) if actor else None

    def organization(self) -> Organization:
        """The organization as it is now. Raises Unreadable without a profile that may read it."""
        return organizations.organization(self._reader())

    def _reader(self) -> Any:
        """The client that reads the organization: the management account's, else the registry account's."""
        return (self.actor("management") or self.registry).client("organizations")

    def _here(self, account: str) -> Membership:
        """Where an account stands in the lab's organization now."""
        return organizations.membership(self._reader(), account)

    @property
    def organization_path(self) -> str:
        """The path pattern to grant: the one chosen, else the unit that holds the workload account and all below."""
        if self.choices.organization_path:
            check = check_organization_path if self.choices.are_real else check_embedded_path
            return check(self.choices.organization_path, self.organization_id)
        try:
            paths = self._here(self.workload.account).paths
        except reading.Unreadable as error:
            raise UsageError(
                f"{error} Choose a profile that may read the organization (--management-profile), or say which path "
                "to grant (--organization-path)."
            ) from None
        if not paths:
            raise UsageError(f"The account {self.workload.account} is not in the organization {self.organization_id}.")
        return f"{paths[0]}*"

    @property
    def other_path(self) -> str:
        """The path pattern of a unit that the workload account is not in: the development unit where there is one."""
        development = self.actor("development")
        if development is not None:
            return f"{self._here(development.account).paths[0]}*"
        return f"{self.organization_id}/r-none/ou-none-nowhere0/*"

    # Explanations

    def explain(self, caller: boto3.Session, function: str, repository: str) -> PullDecision:
        """Asks the pull question with what the accounts say now: may Lambda pull for this caller and function?

        ``caller`` is the session that creates the function, ``function`` its name. Service control policies are read
        where the lab has a management profile; nobody else may read them. Raises Unreadable where the lab's own
        profiles may not read what the question needs.
        """
        return self._question(caller, function, repository, asks_for_paths).decide()

    def question(self, caller: boto3.Session, function: str, repository: str, *, paths: bool = True) -> PullQuestion:
        """The question that ``explain`` asks, to be changed and asked again.

        Where the accounts stand is always read, since a changed policy may ask for it; raises Unreadable where no
        profile may read that. Without ``paths`` it is not read: right as long as no policy ``asks_for_paths``.
        """
        return self._question(caller, function, repository, lambda _policy: paths)

    def caller_for(self, repository: str) -> boto3.Session:
        """Who creates the article's function of a repository: its own account's administrator, or the workload's."""
        return (self.registry if repository == SAME_ACCOUNT.repository else self.workload).session

    def _question(
        self, caller: boto3.Session, function: str, repository: str, needs_paths: Callable[[Policy | None], bool]
    ) -> PullQuestion:
        who = sessions.whoami(caller)
        principal = Principal.aws(who.arn)
        admin = self._account(who.account)
        if admin is None:
            raise UsageError(f"The lab has no profile that reads the account {who.account} of the caller.")
        ecr, image = self.registry.client("ecr"), ImageUri.parse(self.image_uri(repository))
        policy = _parsed(repositories.policy(ecr, repository), "the repository policy")
        registry = _parsed(repositories.registry_policy(ecr), "the registry policy")
        own = reading.caller_policies(admin.client("iam"), principal)
        # Whatever does not ask for paths can be answered without the right to read the organization's tree.
        asked_for_paths = any(map(needs_paths, [*own.identity, own.boundary, policy, registry]))
        membership = (self._membership if asked_for_paths else self._organization_only)(who.account)
        return PullQuestion(
            caller=principal,
            caller_policies=own._replace(scp=self._scp(who.account)),
            caller_context=caller_context(principal, membership),
            function_arn=FunctionRef(who.account, self.region, function).arn,
            image=image,
            repository_policy=policy,
            membership=membership,
            registry_policy=registry,
            repository_keys=repositories.tag_keys(ecr, image.repository_arn),
        )

    def _scp(self, account: str) -> Levels | None:
        """The service control policies that limit an account, where the lab can read them."""
        management = self.actor("management")
        return scps.in_force(management.client("organizations"), account) if management else None

    def _account(self, number: str) -> Actor | None:
        return next((actor for actor in self.actors() if actor.account == number), None)

    def _organization_only(self, account: str) -> Membership:
        """The organization that an account of the lab is in, without its place there: any account may ask that."""
        actor = self._account(account)
        return Membership(organizations.organization_id(actor.client("organizations")) if actor else None)

    def _membership(self, account: str) -> Membership:
        """Where an account stands, in the lab's organization or in that of a neighbour whose account the lab has."""
        found = self._here(account)
        if found is not OUTSIDER:
            return found
        other = self._account(account)
        if other is None or organizations.organization_id(other.client("organizations")) is None:
            return OUTSIDER
        return organizations.membership(other.client("organizations"), account)


def _parsed(text: str | None, name: str) -> Policy | None:
    return Policy.parse(text, name) if text else None


def asks_for_paths(policy: Policy | None) -> bool:
    """Whether a policy asks where in the organization an account stands (``aws:…OrgPaths``)."""
    statements = policy.statements if policy else ()
    return any(condition.lower_key.endswith("orgpaths") for each in statements for condition in each.conditions)
