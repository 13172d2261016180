"""What if: inputs and their rules, the decision that follows them, and what would flip it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from labkit.aws import repositories
from labkit.errors import UsageError
from labkit.iam import Policies, Policy, Principal
from labkit.lab.article import OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.question import PullQuestion, caller_context
from labkit.pull.uri import ImageUri
from labkit.show.what_if import what_if
from labkit.show.what_if.inputs import INPUT_NAMES, InputRules, InputValues
from labkit.show.what_if.model import WhatIf
from labkit.show.what_if.reversals import CALLER, LAMBDA, Reversal, reversals

REGISTRY, WORKLOAD, OTHER = "813835382529", "592444418872", "111122223333"
ORG, ELSEWHERE = "o-lambdaecrlab", "o-neighbourorg"
PATH, SIBLING = f"{ORG}/r-lab1/ou-lab1-production/", f"{ORG}/r-lab1/ou-lab1-development/"
FUNCTION = f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/Deployer"
HOME = Membership(ORG, (PATH,))


def question(policy: dict | None, membership: Membership = HOME, identity: str = "*") -> PullQuestion:
    caller = Principal.aws(f"arn:aws:sts::{WORKLOAD}:assumed-role/Deployer/me")
    own = Policy.parse({"Statement": {"Effect": "Allow", "Action": identity, "Resource": "*"}})
    image = ImageUri.parse(f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/r:1")
    keys = caller_context(caller, membership)
    parsed = Policy.parse(policy) if policy else None
    return PullQuestion(caller, Policies(identity=[own]), keys, FUNCTION, image, parsed, membership)


def service_may(condition: dict) -> dict:
    """Callers may always pull, Lambda on a condition."""
    statement = {"Effect": "Allow", "Action": list(policies.PULL_ACTIONS)}
    service = {"Principal": {"Service": policies.LAMBDA}, "Condition": condition}
    return {"Statement": [{"Principal": {"AWS": WORKLOAD}, **statement}, {**service, **statement}]}


def found(policy: dict | None, **changes: str) -> dict[str, Reversal]:
    """The reversals by the names of their inputs."""
    rules = InputRules(question(policy))
    inputs = InputValues.of(rules.base)
    for name, value in changes.items():
        inputs = inputs.with_(name, value)
    assert not rules.problems(inputs)
    return {reversal.name: reversal for reversal in reversals(rules, inputs, rules.question(inputs).decide())}


class TestInputs:
    def test_the_labs_own_inputs_make_the_labs_own_question(self):
        base = question(policies.cross_account(WORKLOAD))
        assert InputRules(base).question(InputValues.of(base)) == base

    def test_what_is_empty_follows_the_account_and_the_organization(self):
        rules = InputRules(question(None))
        inputs = InputValues.of(rules.base).with_("account", OTHER).with_("organization_id", ELSEWHERE)
        asked = rules.question(inputs)
        assert asked.function_arn == FUNCTION.replace(WORKLOAD, OTHER)
        assert asked.caller == Principal.aws(f"arn:aws:sts::{OTHER}:assumed-role/Deployer/me")
        assert asked.membership == Membership(ELSEWHERE, (PATH.replace(ORG, ELSEWHERE),))

    def test_the_callers_keys_are_those_of_the_changed_caller_and_place(self):
        rules = InputRules(question(None))
        asked = rules.question(InputValues.of(rules.base).with_("account", OTHER).with_("organization_path", SIBLING))
        assert asked.caller_context["aws:PrincipalArn"] == ROLE.replace(WORKLOAD, OTHER)
        assert asked.caller_context["aws:PrincipalAccount"] == OTHER
        assert asked.caller_context["aws:PrincipalOrgPaths"] == (SIBLING,)

    def test_without_an_organization_no_key_of_one_is_left(self):
        rules = InputRules(question(None))
        asked = rules.question(InputValues.of(rules.base).with_("organization_id", ""))
        assert asked.membership is OUTSIDER
        assert not any("Org" in key for key in asked.caller_context)

    def test_what_was_typed_moves_with_the_account(self):
        typed = InputValues(WORKLOAD, ORG, source_arn=FUNCTION + "2", caller=ROLE)
        moved = typed.with_("account", OTHER)
        assert (moved.source_arn, moved.caller) == (
            (FUNCTION + "2").replace(WORKLOAD, OTHER),
            ROLE.replace(WORKLOAD, OTHER),
        )

    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("account", "", "must be 12 digits"),
            ("account", "1234", "must be 12 digits"),
            ("organization_id", "lambdaecrlab", "is not an organization id"),
            ("organization_path", f"{ORG}/r-lab1", "is not an organization path"),
            ("organization_path", f"{ORG}/r-lab1/*", "stands at one place"),
            ("organization_path", f"{ORG}/*", "stands at one place"),
            ("organization_path", f"{ELSEWHERE}/r-lab1/", "of another organization"),
            ("source_arn", "f", "is not the ARN of a function"),
            ("source_arn", FUNCTION.replace(":function:", ":layer:"), "is not the ARN of a function"),
            ("source_arn", FUNCTION.replace("central", "west"), "Lambda pulls in its own region"),
            ("source_arn", FUNCTION.replace(WORKLOAD, OTHER), f"that is in {WORKLOAD}, not in {OTHER}"),
            ("caller", "me", "is not the ARN of a principal"),
            ("caller", ROLE.replace(WORKLOAD, OTHER), "created from its own account"),
            ("caller", f"{ROLE}<script>", "has no name that IAM takes"),
            ("caller", ROLE.removesuffix("Deployer"), "has no name that IAM takes"),
            ("caller", f"{ROLE}é", "has no name that IAM takes"),
        ],
    )
    def test_what_does_not_do_is_said_of_that_input(self, name, value, says):
        base = question(None)
        inputs = {**dict.fromkeys(INPUT_NAMES, ""), "account": WORKLOAD, "organization_id": ORG, name: value}
        problems = InputRules(base).problems(InputValues(**inputs))
        assert says in problems.pop(name)
        assert not problems

    def test_a_path_without_an_organization_does_not_do(self):
        problems = InputRules(question(None)).problems(InputValues(WORKLOAD, "", organization_path=PATH))
        assert "no organization has no path" in problems["organization_path"]


class TestFlips:
    def test_the_account_that_the_policy_names_would_be_let_in(self):
        reversal = found(policies.cross_account(OTHER))["account"]
        assert (reversal.value, reversal.sides, reversal.decision.allowed) == (OTHER, (CALLER, LAMBDA), True)
        assert reversal.sentence == (
            f"If the function's account were {OTHER}, Lambda could pull. "
            "That changes the answer for the caller and for Lambda."
        )

    def test_the_repositorys_own_account_is_offered_with_what_it_means_for_the_caller(self):
        reversal = found(policies.same_account())["account"]
        assert (reversal.value, reversal.decision.caller) == (REGISTRY, ())
        assert reversal.sentence.endswith("The caller would not be asked then, since all is in one account.")

    def test_the_organization_flips_both_sides_and_both_keys_are_named(self):
        reversal = found(policies.organization(ELSEWHERE))["organization_id"]
        assert (reversal.value, reversal.sides) == (ELSEWHERE, (CALLER, LAMBDA))
        assert reversal.sentence.startswith(
            f"If aws:PrincipalOrgID and aws:SourceOrgID were {ELSEWHERE}, Lambda could pull."
        )

    def test_only_the_key_of_the_side_that_changes_is_named(self):
        reversal = found(service_may({"StringEquals": {"aws:SourceOrgID": ELSEWHERE}}))["organization_id"]
        assert reversal.sides == (LAMBDA,)
        assert reversal.sentence == (
            f"If aws:SourceOrgID were {ELSEWHERE}, Lambda could pull. That changes the answer for Lambda."
        )

    def test_the_place_that_a_path_names_is_one_where_an_account_can_stand(self):
        reversal = found(policies.organization_paths(f"{SIBLING}*"))["organization_path"]
        assert (reversal.value, reversal.sides) == (SIBLING, (CALLER, LAMBDA))

    def test_a_path_that_takes_only_units_below_is_met_by_one_below(self):
        reversal = found(policies.organization_paths(f"{SIBLING}ou-*"))["organization_path"]
        assert reversal.value.startswith(f"{SIBLING}ou-")
        assert reversal.decision.allowed

    def test_leaving_the_granted_unit_takes_the_grant_away(self):
        reversal = found(policies.organization_paths(f"{PATH}*"))["organization_path"]
        assert not reversal.decision.allowed
        assert "Lambda could not pull" in reversal.sentence

    def test_the_functions_name_flips_where_the_policy_names_a_function(self):
        reversal = found(service_may({"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{WORKLOAD}:function:only-this"}}))
        assert reversal["source_arn"].value == f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:only-this"
        assert reversal["source_arn"].sentence.startswith("If aws:SourceArn were arn:aws:lambda:")

    def test_the_caller_flips_where_the_policy_names_a_principal(self):
        policy = service_may({"StringEquals": {"aws:SourceAccount": WORKLOAD}})
        policy["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{WORKLOAD}:role/Somebody"}
        reversal = found(policy)["caller"]
        assert (reversal.value, reversal.sides) == (f"arn:aws:iam::{WORKLOAD}:role/Somebody", (CALLER,))
        assert reversal.sentence.startswith("If the caller were arn:aws:iam::")

    def test_nothing_is_offered_where_no_single_input_is_enough(self):
        assert found(service_may({"StringEquals": {"aws:SourceOrgID": ELSEWHERE, "aws:SourceAccount": OTHER}})) == {}

    def test_a_permission_that_the_caller_lacks_is_met_by_no_input(self):
        base = question(policies.cross_account(WORKLOAD), identity="lambda:*")
        rules = InputRules(base)
        assert reversals(rules, InputValues.of(base), base.decide()) == ()

    def test_leaving_all_organizations_is_said_as_absence(self):
        policy = service_may({"StringNotLike": {"aws:SourceOrgID": "o-*"}})
        assert "were absent (an account in no organization)" in found(policy)["organization_id"].sentence


values = {
    "account": st.sampled_from([WORKLOAD, OTHER, REGISTRY]),
    "organization_id": st.sampled_from([ORG, ELSEWHERE, ""]),
    "organization_path": st.sampled_from(["", PATH, SIBLING]),
    "source_arn": st.sampled_from(["", FUNCTION, FUNCTION + "2"]),
    "caller": st.sampled_from(["", ROLE, f"arn:aws:iam::{OTHER}:user/u"]),
}
BY_NAME = {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:f"}}
conditions = st.sampled_from(
    [
        {"StringEquals": {"aws:SourceOrgID": ELSEWHERE}},
        {"StringNotEquals": {"aws:SourceAccount": OTHER}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{OTHER}:function:*"}},
        {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": [f"{SIBLING}*", f"{ELSEWHERE}/*"]}},
        {
            "StringEqualsIfExists": {"aws:SourceOrgID": ORG},
            "ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:f"},
        },
    ]
)
documents = st.one_of(
    st.none(),
    st.just(policies.same_account()),
    st.builds(policies.cross_account, st.sampled_from([WORKLOAD, OTHER])),
    st.builds(policies.organization, st.sampled_from([ORG, ELSEWHERE])),
    st.builds(policies.organization_paths, st.sampled_from([f"{PATH}*", f"{SIBLING}ou-*", f"{ELSEWHERE}/*"])),
    conditions.map(service_may),
)


@given(documents, st.builds(InputValues, **values), st.sampled_from([HOME, OUTSIDER, Membership(ORG)]))
def test_every_flip_that_is_offered_really_flips_by_that_input_alone(document, inputs, membership):
    rules = InputRules(question(document, membership))
    if rules.problems(inputs):
        return
    now = rules.question(inputs).decide()
    for reversal in reversals(rules, inputs, now):
        changed = inputs.with_(reversal.name, reversal.value)
        assert (changed, rules.problems(changed)) == (reversal.inputs, {})
        then = rules.question(changed).decide()
        assert then.allowed is not now.allowed
        assert reversal.sides
        assert ("could pull" in reversal.sentence) is then.allowed


@pytest.fixture
def view(lab: Lab) -> WhatIf:
    ecr = lab.registry.client("ecr")
    repositories.ensure(ecr, OTHER_ACCOUNT.repository, "what-if")
    repositories.set_policy(ecr, OTHER_ACCOUNT.repository, policies.cross_account(lab.workload.account))
    return what_if(lab, OTHER_ACCOUNT.function, OTHER_ACCOUNT.repository)


class TestView:
    def test_it_begins_with_the_labs_own_answer(self, lab, view):
        explained = lab.explain(lab.workload.session, OTHER_ACCOUNT.function, OTHER_ACCOUNT.repository)
        assert repr(view.decision) == repr(explained)
        assert view.shown("organization_path") == "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/"

    def test_a_changed_input_is_answered_at_once(self, view):
        decision = view.change(account=OTHER)
        assert not decision.allowed
        assert [reversal.value for reversal in view.reversals] == [WORKLOAD]

    def test_what_does_not_do_leaves_the_decision_before(self, view):
        before = view.decision
        assert view.change(account="12") is None
        assert (view.decision, view.reversals) == (before, ())
        assert "✗ Function's account: " in view.text()

    def test_an_input_that_does_not_exist_is_said_and_changes_nothing(self, view):
        with pytest.raises(UsageError, match="There is no input acount"):
            view.change(acount=OTHER)
        assert view.inputs.account == WORKLOAD

    def test_what_equals_the_derived_value_goes_on_following(self, view):
        view.change(source_arn=view.shown("source_arn"))
        view.change(account=OTHER)
        assert f":{OTHER}:function:" in view.shown("source_arn")
        assert view.problems == {}

    def test_a_flip_can_be_tried_and_flips_back(self, view):
        assert view.take("account").allowed is False
        assert view.take("account").allowed is True
        with pytest.raises(UsageError, match="No value of caller"):
            view.take("caller")

    def test_reset_reads_the_lab_again(self, lab, view):
        view.change(account=OTHER)
        repositories.set_policy(lab.registry.client("ecr"), OTHER_ACCOUNT.repository, None)
        said = view.reset()
        assert (said.ok, view.inputs.account, view.decision.allowed) == (True, WORKLOAD, False)

    def test_where_the_lab_cannot_be_read_nothing_is_reset(self, lab, view):
        view.change(account=OTHER)
        repositories.delete(lab.registry.client("ecr"), OTHER_ACCOUNT.repository)
        assert not view.reset()
        assert view.inputs.account == OTHER

    def test_without_the_right_to_read_the_organization_the_path_is_to_be_written(self, lab, view, monkeypatch):
        monkeypatch.delitem(lab.profiles, "management")
        small = what_if(lab, OTHER_ACCOUNT.function, OTHER_ACCOUNT.repository)
        assert small.shown("organization_path") == ""
        assert small.note.endswith("So the organization path is not known: write one.")
        assert small.change(organization_path="o-lambdaecrlab/r-lab1/").allowed

    def test_a_repository_that_does_not_exist_is_awss_own_error(self, lab):
        with pytest.raises(ClientError, match="RepositoryNotFound"):
            what_if(lab, "f", "not-there")

    def test_text_and_html_say_inputs_decision_and_flips(self, view):
        view.change(account=OTHER)
        shown = view.text()
        for expected in (view.title, OTHER, view.decision.headline, f"⇄ {view.reversals[0].sentence}"):
            assert expected in shown
        assert "<caption>What if: may Lambda pull" in view.html()
        assert "<li>If the function&#x27;s account were" in view.html()

    def test_typed_text_is_escaped(self, view):
        view.change(caller="<img src=x>")
        assert "<img" not in view.html()
        assert "&lt;img src=x&gt;" in view.html()


def parts(view: WhatIf):
    """Fields by label, messages in the same order, and the rows of what to try."""
    written, tried = view.widget.children[1].children
    boxes = written.children
    return {box.description: box for box in boxes[0:10:2]}, boxes[1:10:2], tried.children[1:]


class TestWidget:
    def test_typing_is_answered_without_touching_the_field(self, view):
        fields, messages, rows = parts(view)
        fields["Function's account"].value = OTHER[:5]
        assert "must be 12 digits" in messages[0].value
        assert all(row.layout.display == "none" for row in rows)
        fields["Function's account"].value = OTHER
        assert messages[0].value == ""
        assert fields["Source ARN"].value == view.shown("source_arn")
        assert "</span> Denied</span>" in view.widget.children[2].children[1].value

    def test_a_field_that_is_emptied_stays_empty_and_shows_what_is_derived(self, view):
        fields, *_ = parts(view)
        fields["Source ARN"].value = ""
        assert (fields["Source ARN"].value, fields["Source ARN"].placeholder) == ("", view.shown("source_arn"))

    def test_the_button_beside_a_flip_puts_it_in(self, view):
        fields, _, rows = parts(view)
        shown = [row for row in rows if row.layout.display is None]
        assert [row.children[0].description for row in shown] == ["Try function's account"]
        shown[0].children[0].click()
        assert fields["Function's account"].value == view.inputs.account != WORKLOAD

    def test_reset_puts_the_labs_values_back(self, view):
        fields, *_ = parts(view)
        fields["Organization id"].value = ""
        view.widget.children[1].children[0].children[10].click()
        assert fields["Organization id"].value == ORG

    def test_every_field_has_a_label(self, view):
        assert all(box.description for box in parts(view)[0].values())
