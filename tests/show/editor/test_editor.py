"""The policy editor on an embedded lab: writing, deciding, applying, undoing, and what others do meanwhile."""

from __future__ import annotations

import json
from html import escape

import pytest
from botocore.exceptions import EndpointConnectionError

from labkit import exercises
from labkit.aws import repositories
from labkit.aws.reading import Unreadable
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.organization import OUTSIDER
from labkit.pull.stored_policy import rewritten
from labkit.show.editor import policy_editor
from labkit.show.editor.model import PolicyEditor


@pytest.fixture
def editor(lab):
    return fresh(lab, OTHER_ACCOUNT)


def fresh(lab: Lab, names) -> PolicyEditor:
    """An editor of a repository that exists and has no policy."""
    ecr = lab.registry.client("ecr")
    if repositories.find(ecr, names.repository) is None:
        ecr.create_repository(repositoryName=names.repository)
    repositories.set_policy(ecr, names.repository, None)
    return policy_editor(lab, names.repository, names.function)


def stored(lab: Lab, editor: PolicyEditor) -> str | None:
    return repositories.policy(lab.registry.client("ecr"), editor.repository)


class TestWriting:
    def test_it_begins_with_what_is_applied(self, lab, editor):
        repositories.set_policy(lab.registry.client("ecr"), editor.repository, policies.same_account())
        again = policy_editor(lab, editor.repository, editor.function)
        assert json.loads(again.text_now) == policies.same_account()
        assert again.diff() == ()

    def test_a_repository_without_a_policy_is_an_empty_text(self, editor):
        assert (editor.text_now, editor.size, editor.findings, editor.diff()) == ("", 0, (), ())
        assert "No policy" in editor.text()

    def test_the_decision_follows_the_text(self, lab, editor):
        assert not editor.decision.allowed
        editor.edit(policies.cross_account(lab.workload.account))
        assert editor.decision.allowed
        editor.edit(policies.cross_account("111111111111"))
        assert not editor.decision.allowed

    def test_nothing_is_applied_by_writing(self, lab, editor):
        editor.edit(policies.cross_account(lab.workload.account))
        assert stored(lab, editor) is None
        assert "If this were applied" in editor.html()

    def test_a_text_that_is_no_policy_keeps_the_decision_and_says_of_which_text_it_is(self, lab, editor):
        editor.edit(policies.cross_account(lab.workload.account))
        last = editor.decision
        editor.typed(editor.text_now[:-1])
        assert editor.decision is last
        assert "no policy" in editor.decision_note
        assert "earlier text" in editor.decision_note
        assert "Of an earlier text" in editor.html()
        editor.typed(editor.text_now + "}")
        assert editor.decision_note == ""

    def test_findings_have_the_line_in_which_they_stand(self, editor):
        editor.typed('{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow",\n "Action": "ecr:*"}]}')
        assert [finding.line for finding in editor.findings if finding.rule.id == "bad-effect"] == [2]

    def test_text_and_html_are_the_same_each_time_and_escaped(self, editor):
        editor.typed('{"<script>": 1}')
        assert editor.html() == editor.html()
        assert "<script>" not in editor.html()
        assert "<script>" in editor.text()


class TestAdvice:
    """For exercises the editor says what is wrong, and not what to write instead."""

    @pytest.mark.parametrize("name", ["principal-org-id", "path-without-end", "explicit-deny", "wildcard"])
    def test_without_advice_findings_and_decision_say_what_is_wrong_only(self, lab, editor, name):
        mistake = exercises.broken(lab, name)
        plain = policy_editor(lab, editor.repository, editor.function, advice=False)
        for each in (editor, plain):
            each.edit(mistake)
        assert plain.findings == editor.findings
        for finding in plain.findings:
            assert finding.problem in plain.text()
            assert escape(finding.problem) in plain.html()
            assert finding.instead in editor.text()
            assert finding.instead not in plain.text()
            assert escape(finding.instead) not in plain.html()
            assert escape(finding.instead) not in parts(plain)["listing"].value

    def test_without_advice_the_decision_names_no_other_key_and_no_change(self, lab, editor):
        mistake = exercises.broken(lab, "principal-org-id")
        plain = policy_editor(lab, editor.repository, editor.function, advice=False)
        for each in (editor, plain):
            each.edit(mistake)
        for shown in (plain.text(), plain.html(), parts(plain)["decision"].value):
            assert "aws:PrincipalOrgID is absent: the request is made by a service" in shown
            assert "aws:Source" not in shown
            assert "To change" not in shown
        assert "services carry aws:SourceOrgID" in editor.text()
        assert "To change" in editor.html()

    def test_without_advice_the_decision_is_otherwise_the_same(self, lab, editor):
        plain = policy_editor(lab, editor.repository, editor.function, advice=False)
        for each in (editor, plain):
            each.edit(policies.cross_account(lab.workload.account))
        assert plain.html() == editor.html()
        assert plain.text() == editor.text()


class TestStatus:
    """One line beside the text: what Lambda would be answered, how long it is, what is wrong, what is changed."""

    def test_the_verdict_on_the_text_stands_beside_its_size(self, lab, editor):
        assert editor.status.startswith("✗ denied · 0 of 10,240 characters")
        editor.edit(policies.cross_account(lab.workload.account))
        assert editor.status.startswith(f"✓ allowed · {editor.size} of 10,240 characters · no findings")
        assert editor.status in editor.text()

    def test_a_text_without_a_decision_has_no_verdict_of_an_earlier_one(self, lab, editor):
        editor.edit(policies.cross_account(lab.workload.account))
        editor.typed(editor.text_now[:-1])
        assert editor.status.startswith("? no decision · ")

    def test_a_screen_reader_reads_it_out_and_its_words_are_those_of_the_text(self, editor):
        shown = parts(editor)["status"].value
        assert 'role="status"' in shown
        assert "✗ denied" in shown
        assert "no findings" in shown


class TestApplying:
    def test_an_error_is_not_said_of_a_text_that_was_written_after_it(self, lab, editor):
        editor.edit(policies.cross_account("arn:aws:iam::592444418872:role/nobody"))
        assert not editor.apply()
        editor.edit(policies.cross_account(lab.workload.account))
        assert editor.message.text == ""
        assert "An error occurred" not in editor.text()
        assert "An error occurred" not in parts(editor)["said"].value
        assert editor.apply()
        text = parts(editor)["Textarea"]
        text.value += " "
        assert "Applied" not in parts(editor)["said"].value

    def test_the_repository_gets_the_text_as_ecr_writes_it(self, lab, editor):
        editor.edit(policies.cross_account(lab.workload.account))
        said = editor.apply()
        assert said.ok
        assert "set_repository_policy" in said.text
        assert stored(lab, editor) == rewritten(editor.text_now)
        assert editor.diff() == ()

    def test_an_empty_text_takes_the_policy_away(self, lab, editor):
        editor.edit(policies.same_account())
        editor.apply()
        editor.edit(None)
        assert "delete_repository_policy" in editor.apply().text
        assert stored(lab, editor) is None

    def test_nothing_changed_is_said_and_nothing_is_written(self, lab, editor):
        editor.edit(policies.same_account())
        editor.apply()
        editor.typed(json.dumps(policies.same_account()))
        said = editor.apply()
        assert said.ok
        assert "nothing to apply" in said.text
        assert stored(lab, editor) != editor.text_now
        assert editor.levels == 1

    def test_a_refusal_is_awss_own_sentence_and_changes_nothing(self, lab, editor):
        editor.typed('{"Version": "2012-10-17", "Statement": []}')
        said = editor.apply()
        assert not said.ok
        assert said.text.startswith("An error occurred (InvalidParameterException) when calling the SetRepositoryPol")
        assert stored(lab, editor) is None
        assert editor.levels == 0

    def test_where_aws_does_not_answer_that_is_said(self, editor, monkeypatch):
        def no_answer(*_args, **_named):
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

        editor.edit(policies.same_account())
        monkeypatch.setattr(repositories, "policy", no_answer)
        assert "is the network there, and the embedded AWS up" in editor.apply().text
        assert editor.text_now


class TestUndoing:
    def test_every_level_is_what_was_applied_before(self, lab, editor):
        first = json.dumps(policies.same_account(), indent=1)
        for policy in (first, policies.cross_account(lab.registry.account), None):
            editor.typed(policy) if isinstance(policy, str) else editor.edit(policy)
            assert editor.apply()
        assert editor.levels == 3
        assert editor.undo()
        assert lab.registry.account in stored(lab, editor)
        assert editor.undo()
        assert stored(lab, editor) == rewritten(first)
        assert editor.undo()
        assert stored(lab, editor) is None
        assert editor.text_now == ""
        assert not editor.undo()

    def test_a_text_that_was_changed_since_is_kept(self, editor):
        editor.edit(policies.same_account())
        editor.apply()
        editor.typed(editor.text_now + "\n\n ")
        editor.undo()
        assert editor.text_now == "", "spaces are no change"
        editor.edit(policies.same_account())
        editor.apply()
        editor.typed("{ my own")
        assert "still yours" in editor.undo().text
        assert editor.text_now == "{ my own"


class TestSomebodyElse:
    THEIRS = rewritten(json.dumps(policies.organization("o-neighbourorg")))

    def test_what_somebody_applied_meanwhile_is_shown_and_not_overwritten(self, lab, editor):
        editor.edit(policies.cross_account(lab.workload.account))
        repositories.set_policy(lab.registry.client("ecr"), editor.repository, self.THEIRS)
        said = editor.apply()
        assert not said.ok
        assert "Somebody else" in said.text
        assert stored(lab, editor) == self.THEIRS
        assert any("o-neighbourorg" in line.text and line.kind == "removed" for line in editor.diff())

    def test_applying_again_replaces_it_and_undo_brings_it_back(self, lab, editor):
        editor.edit(policies.cross_account(lab.workload.account))
        repositories.set_policy(lab.registry.client("ecr"), editor.repository, self.THEIRS)
        editor.apply()
        assert editor.apply()
        assert "592444418872" in stored(lab, editor)
        assert editor.undo()
        assert stored(lab, editor) == self.THEIRS

    def test_undo_does_not_overwrite_it_either(self, lab, editor):
        editor.edit(policies.same_account())
        editor.apply()
        repositories.set_policy(lab.registry.client("ecr"), editor.repository, self.THEIRS)
        assert "Somebody else" in editor.undo().text
        assert stored(lab, editor) == self.THEIRS
        assert editor.levels == 1

    def test_reload_takes_it_in(self, lab, editor):
        repositories.set_policy(lab.registry.client("ecr"), editor.repository, self.THEIRS)
        editor.reload()
        assert json.loads(editor.text_now) == json.loads(self.THEIRS)


class TestOrganizationPaths:
    @pytest.fixture
    def small(self, lab, monkeypatch):
        """A lab that may not read where accounts stand, as two profiles of a real organization."""

        def unreadable(_account):
            raise Unreadable("The organization cannot be read: no.")

        monkeypatch.setattr(lab, "_here", unreadable)
        return fresh(lab, ORGANIZATION)

    def test_policies_that_need_no_path_are_decided_without(self, lab, small):
        small.edit(policies.organization(lab.organization_id))
        assert small.decision.allowed
        assert small.decision_note == ""

    def test_a_policy_that_asks_for_paths_is_said_to_be_out_of_reach(self, lab, small):
        small.edit(policies.organization_paths(f"{lab.organization_id}/*"))
        assert small.decision is None
        assert "the organization cannot be read: no." in small.decision_note
        assert "management profile" in small.decision_note
        assert "There is no decision" in small.text()
        assert small.apply(), "what can not be decided here can be applied all the same"

    def test_where_nothing_of_the_organization_can_be_read_the_editor_still_writes(self, lab, monkeypatch):
        def unreadable(_organizations):
            raise Unreadable("The organization's id cannot be read: no.")

        monkeypatch.setattr("labkit.aws.organizations.organization_id", unreadable)
        editor = fresh(lab, ORGANIZATION)
        assert editor.decision is None
        editor.edit(policies.same_account())
        assert editor.findings
        assert editor.apply()


def test_who_asks_is_the_administrator_of_the_functions_account(lab):
    assert not fresh(lab, SAME_ACCOUNT).decision.is_cross_account
    assert fresh(lab, OTHER_ACCOUNT).decision.is_cross_account


def test_another_caller_can_be_asked_for(lab):
    fresh(lab, OTHER_ACCOUNT)
    outsider = lab.actor("outsider")
    editor = policy_editor(lab, OTHER_ACCOUNT.repository, "f", outsider.session)
    assert f":{outsider.account}:" in editor.decision.function_arn
    assert editor._question.membership == OUTSIDER


class TestWidget:
    def test_typing_shows_findings_and_decision_in_the_same_widgets(self, lab, editor):
        drawn = parts(editor)
        drawn["Textarea"].value = json.dumps(policies.cross_account(lab.workload.account))
        assert editor.decision.allowed
        assert "592444418872" in drawn["listing"].value
        assert parts(editor)["Textarea"] is drawn["Textarea"]

    def test_what_is_written_in_python_is_shown_in_the_text(self, editor):
        drawn = parts(editor)
        editor.edit(policies.same_account())
        assert drawn["Textarea"].value == editor.text_now

    def test_buttons_apply_and_undo(self, lab, editor):
        drawn = parts(editor)
        drawn["Undo"].click()
        assert "nothing to undo" in drawn["said"].value
        drawn["Textarea"].value = json.dumps(policies.same_account())
        drawn["Apply"].click()
        assert stored(lab, editor) is not None
        assert drawn["Undo"].description == "Undo (1)"
        drawn["Undo"].click()
        assert stored(lab, editor) is None
        assert drawn["Textarea"].value == ""

    def test_every_input_has_a_label(self, editor):
        assert parts(editor)["Textarea"].description


def parts(editor: PolicyEditor) -> dict:
    """The widgets of an editor by name."""
    _title, shown, decision = editor.widget.children
    written, listed = shown.children
    text, status, buttons, said = written.children
    named = {"Textarea": text, "status": status, "said": said, "listing": listed.children[0], "decision": decision}
    return {**named, **dict(zip(("Apply", "Undo", "Reload"), buttons.children, strict=True))}
