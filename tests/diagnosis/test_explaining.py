"""``labkit.explain``: the command's answer in Python, from dicts, paths and cases."""

from __future__ import annotations

import json

import pytest

from labkit.diagnosis.explaining import explain
from labkit.errors import UsageError
from labkit.pull import policies

OWN = "813835382529"
ASKED = {
    "principal": "lambda.amazonaws.com",
    "action": "ecr:BatchGetImage",
    "resource": f"arn:aws:ecr:eu-central-1:{OWN}:repository/app",
    "context": {"aws:SourceArn": f"arn:aws:lambda:eu-central-1:{OWN}:function:f"},
}
POLICY = policies.cross_account(OWN)
USER = {**ASKED, "principal": f"arn:aws:iam::{OWN}:user/ann", "context": None}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def test_policies_are_given_as_dicts_and_as_paths(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY), "utf-8")
    for given in (POLICY, path, str(path), [POLICY]):
        assert explain(**ASKED, resource_policy=given).allowed is True
    assert explain(**ASKED, resource_policy=None).allowed is False


def test_a_case_and_the_path_of_one_are_taken_too(tmp_path):
    request = {**ASKED, "principal": {"Service": ASKED["principal"]}}
    case = {"request": request, "policies": {"resource": POLICY}}
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case), "utf-8")
    assert (explain(case).allowed, explain(path).allowed) == (True, True)
    path.write_text(json.dumps([case, case]), "utf-8")
    with pytest.raises(UsageError, match="holds 2 cases"):
        explain(path)


def test_none_is_not_the_same_as_not_given():
    assert explain(**USER).allowed is None
    assert explain(**USER, identity=None).allowed is False
    assert explain(**USER, identity=EVERYTHING).allowed is True
    assert explain(**USER, identity=[EVERYTHING], boundary=EVERYTHING).not_known == ()
    assert "No --identity was given" in repr(explain(**USER))


def test_the_text_of_an_answer_is_what_the_command_prints():
    text = repr(explain(**ASKED, resource_policy=POLICY))
    assert text.startswith("✓ Allowed: lambda.amazonaws.com is allowed to call ecr:BatchGetImage on ")
    assert "it would be denied" in text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"principal": "*"}, "give action and resource too"),
        ({**ASKED, "repository_policy": POLICY}, "no policy 'repository_policy'"),
        ({**ASKED, "resource_policy": [POLICY, POLICY]}, "only one resource_policy"),
        ({**ASKED, "resource_policy": 5}, "as a dict, or the path of a file, not 5"),
        ({**ASKED, "resource_policy": "none.json"}, "none.json: It cannot be read"),
        ({**ASKED, "resource_policy": {"Version": 1}}, "resource_policy: "),
    ],
)
def test_what_is_no_request_is_refused_with_one_sentence(given, says):
    with pytest.raises(UsageError, match=says):
        explain(**given)
