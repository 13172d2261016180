"""``labkit check`` as a user runs it."""

from __future__ import annotations

import io
import json
import sys

import pytest

from labkit.check import DOCUMENT_KINDS
from labkit.cli.commands.check import KIND_NAMES
from labkit.cli.main import main

RIGHT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:592444418872:function:*"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": "592444418872"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        },
    ],
}
SERVICE, CALLERS = RIGHT["Statement"]
NOTED = {**RIGHT, "Statement": [CALLERS]}
WARNED = {**RIGHT, "Statement": [{k: v for k, v in SERVICE.items() if k != "Condition"}, CALLERS]}
REFUSED = {**RIGHT, "Statement": [{**SERVICE, "Resource": "*"}, CALLERS]}


@pytest.fixture
def policy(tmp_path):
    def write(content):
        path = tmp_path / "policy.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), "utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (RIGHT, [], 0),
        (NOTED, ["--strict"], 0),
        (WARNED, [], 0),
        (WARNED, ["--strict"], 1),
        (REFUSED, [], 1),
        (RIGHT, ["--kind", "identity"], 1),
        (REFUSED, ["--json"], 1),
        (RIGHT, ["--sarif"], 0),
        (WARNED, ["--sarif", "--strict"], 1),
        ("not JSON", [], 1),
    ],
)
def test_the_exit_code_tells_whether_something_counts_against_the_policy(policy, capsys, content, options, code):
    assert main(["check", policy(content), *options]) == code


@pytest.mark.parametrize("arguments", [["--kind", "bucket"], ["--json", "--sarif"], ["--frobnicate"]])
def test_wrong_usage_ends_with_2_and_one_sentence(policy, capsys, arguments):
    assert main(["check", policy(RIGHT), *arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_missing_file_ends_with_2_and_one_sentence(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_folder_ends_with_2_and_one_sentence(tmp_path, capsys):
    assert main(["check", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_text_says_kind_place_problem_remedy_and_source(policy, capsys):
    path = policy(REFUSED)
    main(["check", path])
    lines = capsys.readouterr().out.splitlines()
    why = "because its statements name principals and nothing but actions of ECR"
    assert lines[0] == f"{path}: read as an ECR repository policy, {why} (--kind says otherwise)"
    assert lines[1].startswith(f"{path}:18:7: error: ")
    assert lines[1].endswith("[element-not-allowed]")
    assert [line.split()[0] for line in lines[2:7]] == ["at", "problem", "instead", "AWS", "source"]
    assert lines[-1] == "1 error"


def test_the_text_says_that_nothing_was_found(policy, capsys):
    main(["check", policy(RIGHT), "--kind", "ecr-repository"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": read as an ECR repository policy")
    assert lines[1:] == ["nothing found"]


def test_json_holds_the_same_findings(policy, capsys):
    path = policy(REFUSED)
    main(["check", path, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["ok"], answer["kind"], answer["guessed"]) == (path, False, "ecr-repository", True)
    assert (answer["errors"], answer["warnings"]) == (1, 0)
    [finding] = answer["findings"]
    assert (finding["id"], finding["pointer"], finding["line"]) == ("element-not-allowed", "/Statement/0/Resource", 18)


def test_sarif_names_the_file_and_the_line(policy, capsys):
    path = policy(WARNED)
    main(["check", path, "--sarif"])
    [run] = json.loads(capsys.readouterr().out)["runs"]
    [result] = run["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], result["level"]) == ("service-without-source", "warning")
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == (path, 6)


def test_standard_input_is_read(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + json.dumps(RIGHT).encode())))
    assert main(["check", "-"]) == 0
    assert capsys.readouterr().out.startswith("standard input: read as an ECR repository policy")


@pytest.mark.parametrize("raw", [b"\xff\xfe{", b"{\xe4}", b"\xff"])
def test_what_is_no_text_ends_with_2_and_one_sentence(tmp_path, capsys, raw):
    path = tmp_path / "policy.json"
    path.write_bytes(raw)
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err == f"labkit: {path}: It is not a text in UTF-8 or UTF-16.\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_of_windows_are_read(tmp_path, capsys, encoding):
    path = tmp_path / "policy.json"
    path.write_bytes(json.dumps(RIGHT, indent=2).replace("\n", "\r\n").encode(encoding))
    assert main(["check", str(path), "--kind", "ecr-repository"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing found"


def test_a_file_that_is_too_long_to_be_a_policy_ends_with_2_and_one_sentence(tmp_path, capsys):
    path = tmp_path / "policy.json"
    path.write_bytes(b" " * ((1 << 20) + 1))
    assert main(["check", str(path)]) == 2
    assert "more than 1 MiB" in capsys.readouterr().err


def test_for_lambda_a_policy_that_refuses_is_an_error_and_what_is_asked_is_said(policy, capsys):
    path = policy(NOTED)
    assert main(["check", path, "--for", "lambda", "--function-account", "592444418872", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["severity"]) for each in answer["findings"]] == [("service-statement-missing", "error")]
    assert (answer["functions_of"], answer["guessed"]) == (["592444418872"], False)
    assert main(["check", policy(RIGHT), "--for", "lambda", "--function-account", "592444418872"]) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--function-account", "592444418872"],
        ["--for", "lambda", "--function-account", "5924"],
        ["--for", "lambda", "--kind", "trust"],
        ["--for", "codebuild"],
    ],
)
def test_what_does_not_go_together_with_for_ends_with_2_and_one_sentence(policy, capsys, options):
    assert main(["check", policy(RIGHT), *options]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_lone_surrogate_in_the_policy_can_be_printed(policy, capsys):
    assert main(["check", policy('{"Version": "\\ud800", "Statement": []}')]) == 1
    assert "Half of a character" in capsys.readouterr().out


def test_the_command_knows_the_kinds_that_the_check_knows():
    assert tuple(DOCUMENT_KINDS) == KIND_NAMES
