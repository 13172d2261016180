"""labkit evaluate, from its arguments to what it prints and exits with."""

from __future__ import annotations

import io
import json

import pytest

from labkit.pull import policies
from tests.cli.commands.questions import OWN, REPOSITORY, case

HOST = f"{OWN}.dkr.ecr.eu-central-1.amazonaws.com"
ARN = f"arn:aws:ecr:eu-central-1:{OWN}:repository"


def test_one_case_is_decided_and_explained(ask):
    code, out, err = ask("evaluate c.json", c=case())
    assert (code, err) == (0, "")
    assert out.startswith(f"✓ Allowed: lambda.amazonaws.com is allowed to call ecr:BatchGetImage on {REPOSITORY}")
    assert "✓ Principal covers lambda.amazonaws.com" in out


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"action": "BatchGetImage"},
            "An action begins with its service: write ecr:BatchGetImage for 'BatchGetImage'.",
        ),
        ({"action": "getfunction"}, "An action begins with its service: write lambda:GetFunction for 'getfunction'."),
        ({"action": "GetEverything"}, "A request is for one action, such as ecr:BatchGetImage, not 'GetEverything'."),
        ({"action": "ecr:*"}, "A request is for one action, such as ecr:BatchGetImage, not 'ecr:*'."),
        ({"resource": "app"}, "A resource is an ARN, or * where an action has none, not 'app'."),
        ({"resource": f"{HOST}/a/b:1@sha256:0"}, f"the URI of an image, and a resource is an ARN: write {ARN}/a/b."),
        ({"resource": f"{HOST}/a/b"}, f"the URI of a repository, and a resource is an ARN: write {ARN}/a/b."),
        (
            {"resource": f"{ARN}/a:1"},
            f"An image has no ARN of its own; permissions are those of its repository: write {ARN}/a.",
        ),
        ({"resource": "arn:aws:ecr:a"}, "arn:aws:ecr:REGION:ACCOUNT:repository/NAME, and 'arn:aws:ecr:a' has not."),
        ({"resource_account": "12"}, "The owner of a resource is an account of 12 digits, not '12'."),
    ],
)
def test_a_typing_error_in_a_request_is_no_denial(ask, wrong, told):
    request = {**case()["request"], **wrong}
    code, _, error = ask("evaluate c.json", c=case(request=request))
    assert code == 2 and error.strip().endswith(told)
    names = {"action": "ecr:BatchGetImage", "resource": REPOSITORY, **wrong}
    options = " ".join(f"--{name.replace('_', '-')} '{value}'" for name, value in names.items())
    code, out, error = ask(f"explain --principal lambda.amazonaws.com {options}")
    assert (code, out) == (2, "") and error.endswith(f"{told}\n") and error.startswith("labkit: ")


def test_a_role_is_named_for_its_session_alone(ask):
    user, role = f"arn:aws:iam::{OWN}:user/u", f"arn:aws:iam::{OWN}:role/path/r"
    line = f"explain --action ecr:BatchGetImage --resource {REPOSITORY} --role {role} --principal "
    code, _, error = ask(line + user)
    assert code == 2 and error.startswith("labkit: --role is the ARN of the role whose session --principal is; ")
    assert ask(line + f"arn:aws:sts::{OWN}:assumed-role/r/s")[0] == 1


def test_a_denied_case_exits_with_1_unless_that_is_expected(ask):
    denied = case("111111111111")
    assert ask("evaluate c.json", c=denied)[0] == 1
    assert ask("evaluate c.json --expect denied", c=denied)[0] == 0
    assert ask("evaluate c.json", c={**denied, "expect": {"decision": "denied"}})[0] == 0
    assert ask("evaluate c.json --expect allowed", c={**denied, "expect": {"decision": "denied"}})[0] == 1


def test_several_cases_get_a_line_each_and_what_is_not_as_expected_is_explained(ask):
    cases = [
        case(title="Mine", expect={"decision": "allowed"}),
        case("111111111111", expect={"decision": "allowed"}),
        case("222222222222"),
    ]
    code, out, _ = ask("evaluate c.json", c=cases)
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == f"✓ {OWN}: allowed. Mine"
    assert lines[1] == "✗ 111111111111: denied."
    assert "  not as expected: decision is denied, expected was allowed" in lines
    assert lines[-2] == "· 222222222222: denied."
    assert lines[-1] == "3 cases, 1 not as expected."


def test_answers_as_json(ask):
    cases = [case(expect={"checks": {"RESOURCE": "IMPLICIT_DENY"}}), case("111111111111")]
    code, out, _ = ask("evaluate c.json --json", c=cases)
    first, second = json.loads(out)
    assert code == 1
    assert (first["id"], first["decision"]) == (OWN, "allowed")
    assert first["missed"] == ["RESOURCE is ALLOW, expected was IMPLICIT_DENY"]
    assert second.keys() == {"id", "decision", "checks", "matched", "reasons", "nearest_miss"}
    assert second["nearest_miss"]["key"] == "aws:SourceArn"


def test_cases_can_come_from_standard_input(ask, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(case()).encode())))
    assert ask("evaluate - --json")[0] == 0


@pytest.mark.parametrize(
    ("line", "content", "says"),
    [
        ("evaluate missing.json", "", "labkit: missing.json: It cannot be read: No such file or directory."),
        ("evaluate c.json", "{", "labkit: c.json: This is not JSON: "),
        ("evaluate c.json", case(request=1), f"labkit: c.json: In case 1 ({OWN}): The request is not a JSON object"),
        ("evaluate .", "", "labkit: .: It cannot be read: Is a directory."),
        ("evaluate", "", "labkit evaluate: the following arguments are required: FILE"),
        ("evaluate c.json --expect maybe", case(), "labkit evaluate: argument --expect: invalid choice: 'maybe'"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(ask, line, content, says):
    code, out, err = ask(line, c=content)
    assert (code, out) == (2, "")
    assert err.startswith(says)
    assert err.count("\n") == 1


def test_a_file_that_is_no_text_is_refused(ask, tmp_path):
    (tmp_path / "b.json").write_bytes(b"\xff{}")
    assert ask("evaluate b.json")[2] == "labkit: b.json: It is not a text in UTF-8 or UTF-16.\n"


def test_a_case_that_cannot_be_read_is_told_and_the_others_are_decided(ask):
    cases = [case(), case("111111111111", request=1), case("222222222222")]
    code, out, err = ask("evaluate c.json", c=cases)
    assert (code, err) == (2, "")
    assert out.splitlines()[0] == f"· {OWN}: allowed."
    assert out.splitlines()[1].startswith("✗ 111111111111: In case 2 (111111111111): The request is not a JSON object")
    assert out.splitlines()[-1] == "3 cases, 0 not as expected, 1 that cannot be read."
    code, out, _ = ask("evaluate c.json --json", c=cases)
    assert code == 2
    assert [each.get("decision") for each in json.loads(out)] == ["allowed", None, "denied"]
    assert json.loads(out)[1].keys() == {"id", "error"}


@pytest.mark.parametrize("line", ["evaluate c.json", "evaluate two.json", "check p.json"])
def test_what_a_policy_or_a_case_says_cannot_act_on_the_terminal(ask, line):
    red = "\x1b[31mred\a"
    policy = policies.cross_account(OWN)
    policy["Statement"][0]["Sid"] = red
    policy["Statement"][0]["Condition"] = {"StringLike": {f"aws:SourceArn{red}": red}}
    poisoned = {**case(), "id": red, "title": red, "policies": {"resource": policy}, "expect": {"decision": "allowed"}}
    _, out, err = ask(line, c=poisoned, two=[poisoned, poisoned], p=policy)
    assert "\\x1b[31mred\\x07" in out + err
    assert not {"\x1b", "\a"} & set(out + err)
