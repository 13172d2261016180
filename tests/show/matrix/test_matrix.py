"""The access matrix: what its cells say, when they change, and what a press on one shows."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from labkit.aws import repositories
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT, REPOSITORIES, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.show.matrix import access_matrix
from labkit.show.matrix.model import AccessMatrix

ERROR = ClientError({"Error": {"Code": "ServiceException", "Message": "Not now."}}, "GetRepositoryPolicy")


@pytest.fixture
def applied(lab: Lab) -> Lab:
    """The article's policies on two of its repositories; the third is not there."""
    ecr = lab.registry.client("ecr")
    chosen = {
        SAME_ACCOUNT.repository: policies.same_account(),
        OTHER_ACCOUNT.repository: policies.cross_account(lab.workload.account),
    }
    for name, policy in chosen.items():
        repositories.ensure(ecr, name, "matrix")
        repositories.set_policy(ecr, name, policy)
    repositories.delete(ecr, ORGANIZATION.repository)
    return lab


@pytest.fixture
def matrix(applied: Lab) -> AccessMatrix:
    return access_matrix(applied)


def states(matrix: AccessMatrix, repository: str) -> dict[str, str]:
    return {cell.name: cell.word for cell in matrix.cells if cell.repository == repository}


def test_every_account_meets_every_repository(lab, matrix):
    assert len(matrix.cells) == 6 * len(REPOSITORIES) == 18
    assert [row[0].account for row in matrix.rows] == [actor.account for actor in lab.actors()]


def test_a_cell_says_what_the_decision_says(matrix):
    allowed = [name for name, word in states(matrix, OTHER_ACCOUNT.repository).items() if word == "allowed"]
    assert allowed == ["workload"]
    assert [name for name, word in states(matrix, SAME_ACCOUNT.repository).items() if word == "allowed"] == ["registry"]


def test_each_cell_agrees_with_the_explanation_of_its_pair(lab, matrix):
    names = {SAME_ACCOUNT.repository: SAME_ACCOUNT, OTHER_ACCOUNT.repository: OTHER_ACCOUNT}
    for cell in matrix.cells:
        if cell.decision is not None:
            actor = lab.actor(cell.name)
            explained = lab.explain(actor.session, names[cell.repository].function, cell.repository)
            assert (repr(cell.decision), cell.decision.to_dict()) == (repr(explained), explained.to_dict())


def test_a_repository_that_is_not_there_is_no_denial(matrix):
    assert set(states(matrix, ORGANIZATION.repository).values()) == {"no repository"}
    assert matrix.decision("workload", ORGANIZATION.repository) is None


def test_without_any_repository_every_cell_says_so(lab):
    assert {cell.word for cell in access_matrix(lab, ["not-there"]).cells} == {"no repository"}


def test_a_cell_that_does_not_exist_changes_nothing(matrix):
    with pytest.raises(KeyError):
        matrix.choose("nobody", OTHER_ACCOUNT.repository)
    assert matrix.chosen is None


def test_each_repository_is_decided_by_its_own_tags(lab, applied):
    ecr, tagged = lab.registry.client("ecr"), [OTHER_ACCOUNT.repository, SAME_ACCOUNT.repository]
    document = policies.cross_account(lab.workload.account)
    for statement in document["Statement"]:
        statement.setdefault("Condition", {})["StringEqualsIgnoreCase"] = {"aws:ResourceTag/open": "yes"}
    for name, value in zip(tagged, ("yes", "no"), strict=True):
        arn = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"]
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": "open", "Value": value}])
        repositories.set_policy(ecr, name, document)
    shown = access_matrix(lab)
    assert [states(shown, name)["workload"] for name in tagged] == ["allowed", "denied"]


def test_reading_again_follows_the_policies(lab, matrix):
    ecr = lab.registry.client("ecr")
    repositories.set_policy(ecr, OTHER_ACCOUNT.repository, policies.cross_account("444455556666"))
    said = matrix.refresh()
    assert (said.ok, said.text) == (True, "Read again: 2 cells changed.")
    assert states(matrix, OTHER_ACCOUNT.repository)["development"] == "allowed"
    assert states(matrix, OTHER_ACCOUNT.repository)["workload"] == "denied"


def test_where_reading_fails_the_matrix_stays_and_says_why(matrix, monkeypatch):
    before = matrix.cells
    monkeypatch.setattr(matrix._lab, "question", lambda *_: (_ for _ in ()).throw(ERROR))
    said = matrix.refresh()
    assert (said.ok, said.text) == (False, str(ERROR))
    assert matrix.cells is before


def test_who_an_account_is_and_where_it_stands_is_read_once_for_all_repositories(lab, applied, monkeypatch):
    ecr, asked = lab.registry.client("ecr"), Counter()
    repositories.ensure(ecr, ORGANIZATION.repository, "matrix")
    question = lab.question
    monkeypatch.setattr(lab, "question", lambda who, *rest: asked.update([who.profile_name]) or question(who, *rest))
    assert len(access_matrix(lab).cells) == 18
    assert set(asked.values()) == {1}
    assert len(asked) == 6


def test_what_cannot_be_read_is_not_taken_for_a_denial(lab, applied, monkeypatch):
    ecr = lab.registry.client("ecr")
    repositories.set_policy(ecr, OTHER_ACCOUNT.repository, policies.organization_paths("o-lambdaecrlab/*"))
    monkeypatch.delitem(lab.profiles, "management")
    matrix = access_matrix(lab)
    assert set(states(matrix, OTHER_ACCOUNT.repository).values()) == {"not known"}
    assert states(matrix, SAME_ACCOUNT.repository)["registry"] == "allowed"
    assert "cannot be read" in matrix.cell("workload", OTHER_ACCOUNT.repository).why


def test_the_text_is_a_table_of_marks_and_words(matrix):
    lines = matrix.text().splitlines()
    assert lines[0].split() == list(REPOSITORIES)
    assert re.split(r"  +", lines[2]) == ["workload 592444418872", "✗ denied", "✓ allowed", "– no repository"]


def test_the_html_is_a_table_with_caption_and_scopes_and_folded_reasons(matrix):
    markup = matrix.html()
    assert markup.count('<th scope="row">') == 6
    assert markup.count('<th scope="col">') == 4
    assert "<caption>" in markup
    assert markup.count("<li>") == 18
    assert "There is no repository lambda-aws-organizations." in markup
    assert "<details open" not in markup


def buttons(matrix: AccessMatrix) -> list:
    return matrix.widget.children[1].children[4 + 1 :]


def button(matrix: AccessMatrix, name: str, repository: str):
    wanted = matrix.cell(name, repository).sentence
    return next(each for each in buttons(matrix) if getattr(each, "tooltip", None) == wanted)


def test_a_press_on_a_cell_shows_its_decision_below(matrix):
    button(matrix, "outsider", OTHER_ACCOUNT.repository).click()
    assert matrix.chosen == ("outsider", OTHER_ACCOUNT.repository)
    shown = matrix.widget.children[-1].children[1]
    assert "</span> Denied</span>" in shown.value
    button(matrix, "workload", OTHER_ACCOUNT.repository).click()
    assert matrix.widget.children[-1].children[1] is shown
    assert "</span> Allowed</span>" in shown.value


def test_a_press_on_a_cell_without_repository_says_that_there_is_none(matrix):
    button(matrix, "workload", OTHER_ACCOUNT.repository).click()
    button(matrix, "workload", ORGANIZATION.repository).click()
    assert "There is no repository" in matrix.widget.children[3].value
    assert matrix.widget.children[-1].layout.display == "none"


def test_reading_again_changes_the_buttons_that_are_there(lab, matrix):
    before = buttons(matrix)
    ecr = lab.registry.client("ecr")
    repositories.set_policy(ecr, OTHER_ACCOUNT.repository, policies.cross_account("444455556666"))
    pressed = button(matrix, "development", OTHER_ACCOUNT.repository)
    assert pressed.description == "✗ denied"
    matrix.widget.children[2].children[0].click()
    assert pressed.description == "✓ allowed"
    assert "labkit-yes" in pressed._dom_classes
    assert all(one is other for one, other in zip(before, buttons(matrix), strict=True))
