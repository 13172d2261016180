"""labkit pull, from its arguments to what it prints and exits with."""

from __future__ import annotations

import io
import json
import shlex
import sys

import pytest

import labkit
from labkit.cli.commands.diagnosis import options
from labkit.cli.main import main
from labkit.diagnosis import facts
from labkit.errors import UsageError
from labkit.pull import policies

REGISTRY, WORKLOAD = "813835382529", "592444418872"
IMAGE = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app:1"
CALLER = f"arn:aws:iam::{WORKLOAD}:role/Deployer"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ACROSS = policies.cross_account(WORKLOAD)
RAW = {"registryId": REGISTRY, "repositoryName": "app", "policyText": json.dumps(ACROSS)}
NO_POLICY = (
    "\nAn error occurred (RepositoryPolicyNotFoundException) when calling the GetRepositoryPolicy operation: "
    f"Repository policy does not exist for the repository with name 'app' in the registry with id '{REGISTRY}'\n"
)
REFUSED = (
    "An error occurred (AccessDeniedException) when calling the GetRepositoryPolicy operation: User: "
    f"arn:aws:iam::{WORKLOAD}:user/ann is not authorized to perform: ecr:GetRepositoryPolicy on resource: x"
)


@pytest.fixture
def ask(capsys, tmp_path, monkeypatch):
    """Run ``labkit pull IMAGE`` in a folder with these files; answers exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(line: str, image: str = IMAGE, **files: object) -> tuple[int, str, str]:
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(
                content if isinstance(content, str) else json.dumps(content), "utf-8"
            )
        code = main(["pull", image, *shlex.split(line)])
        return code, *capsys.readouterr()

    return run


ACROSS_WITH_CALLER = (
    f"--function-account {WORKLOAD} --repository-policy p.json --caller {CALLER} --identity i.json --boundary none "
    "--scp none --rcp none --registry-policy none"
)


@pytest.mark.parametrize(
    ("line", "policy", "code"),
    [
        (ACROSS_WITH_CALLER, ACROSS, 0),
        (ACROSS_WITH_CALLER, RAW, 0),
        (ACROSS_WITH_CALLER, NO_POLICY, 1),
        (ACROSS_WITH_CALLER, REFUSED, 3),
        (f"--function-account {WORKLOAD} --repository-policy p.json", ACROSS, 3),
        (f"--function-account {WORKLOAD} --repository-policy none", "", 1),
        (f"--function-account {WORKLOAD}", "", 3),
        (f"--function-account {REGISTRY} --repository-policy p.json", policies.same_account(), 0),
        (f"--function-account {REGISTRY} --repository-policy none", "", 3),
        (f"--function-account {REGISTRY} --repository-policy none --operation restore", "", 1),
        (f"--function-account {REGISTRY} --repository-policy none --caller {CALLER} --identity none", "", 1),
        (f"{ACROSS_WITH_CALLER} --expect can", ACROSS, 0),
        (f"{ACROSS_WITH_CALLER} --expect cannot", ACROSS, 1),
        (f"--function-account {WORKLOAD} --expect unknown", "", 0),
    ],
)
def test_the_exit_code_is_that_of_the_verdict(ask, line, policy, code):
    caller_of_registry = line.replace(CALLER, CALLER.replace(WORKLOAD, REGISTRY)) if REGISTRY in line else line
    assert ask(caller_of_registry, p=policy, i=EVERYTHING)[0] == code


def test_what_is_not_given_is_not_known_and_the_option_that_gives_it_is_named(ask):
    out = ask(f"--function-account {WORKLOAD} --repository-policy p.json", p=ACROSS)[1]
    assert "Lambda: is let in (likely)" in out
    assert "The caller: not known" in out
    assert "- the caller's identity policies (it was not given): give --caller and --identity" in out


def test_what_aws_refused_to_tell_is_not_known_in_its_words(ask):
    out = ask(ACROSS_WITH_CALLER, p=REFUSED, i=EVERYTHING)[1]
    assert f"arn:aws:iam::{WORKLOAD}:user/ann is not allowed to call ecr:GetRepositoryPolicy" in out
    assert f"ask whoever may call ecr:GetRepositoryPolicy in the account {REGISTRY}" in out


def test_json_is_one_object_of_format_1(ask):
    code, out, err = ask(f"{ACROSS_WITH_CALLER} --json", p=ACROSS, i=EVERYTHING)
    told = json.loads(out)
    assert (code, err, told["format"], told["verdict"]) == (0, "", 1, "can")
    assert told["question"]["caller"] == CALLER
    assert told["decision"]["decision"] == "allowed"


def test_a_page_is_written(ask, tmp_path):
    assert ask(f"{ACROSS_WITH_CALLER} --html page.html", p=ACROSS, i=EVERYTHING)[0] == 0
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_wrong_usage(ask):
    code, _, err = ask(f"{ACROSS_WITH_CALLER} --html no/page.html", p=ACROSS, i=EVERYTHING)
    assert (code, err) == (2, "labkit: no/page.html: The page cannot be written: No such file or directory.\n")


def test_one_document_can_be_standard_input(ask, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + json.dumps(RAW).encode())))
    assert ask(ACROSS_WITH_CALLER.replace("p.json", "-"), i=EVERYTHING)[0] == 0


def test_the_policy_of_an_ecr_endpoint_has_no_say(ask):
    endpoint = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"}]}
    code, out, _ = ask(f"{ACROSS_WITH_CALLER} --vpc-endpoint e.json", p=ACROSS, i=EVERYTHING, e=endpoint)
    assert code == 0
    assert "Lambda's pull passes none of your endpoints" in out


@pytest.mark.parametrize("names", ["orders", "orders-*"])
def test_a_policy_that_tells_functions_apart_needs_the_functions_name(ask, names):
    policy = policies.same_account()
    policy["Statement"][0]["Condition"] = {
        "ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{REGISTRY}:function:{names}"}
    }
    named = names.rstrip("*")
    line = f"--function-account {REGISTRY} --repository-policy p.json --operation restore"
    code, out, _ = ask(line, p=policy)
    assert code == 3
    assert f"of this account the policy lets in {named}, and not every function" in out
    assert "any-function" not in out
    assert ask(f"{line} --function {named}", p=policy)[0] == 0
    assert ask(f"{line} --function other", p=policy)[0] == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--function-account 59244441887", "The function's account must be 12 digits, not '59244441887'."),
        ("--function f", "Say in which account f is"),
        (f"--function arn:aws:lambda:eu-central-1:1:function:f --function-account {WORKLOAD}", "nor its ARN"),
        (f"--function-account {WORKLOAD} --caller arn:aws:iam::{REGISTRY}:role/r", "in its caller's own account"),
        (
            f"--function arn:aws:lambda:eu-central-1:{REGISTRY}:function:f --function-account {WORKLOAD}",
            f"--function names the account {REGISTRY}, and --function-account {WORKLOAD}.",
        ),
        ("--caller Deployer", "'Deployer' is not the ARN of a principal"),
        (f"--execution-role arn:aws:iam::{WORKLOAD}:user/u", "is not the ARN of a role"),
        ("--identity i.json", "--identity is the caller's: say with --caller who calls."),
        ("--execution-identity i.json", "--execution-identity is the execution role's"),
        ("--repository-policy nowhere.json", "nowhere.json: It cannot be read: No such file or directory."),
        ("--repository-policy - --registry-policy -", "Standard input (-) can be read only once"),
        ("--repository-policy i.json --repository-policy none", "--repository-policy is given 2 times"),
        ("--organization o-1", "is not an organization id"),
        ("--organization none --organization-path o-exampleorgid/r-ab12/", "--organization none has no"),
        ("--organization-path 'o-exampleorgid/r-ab12/*'", "is a pattern"),
        ("--organization o-otherorgids --organization-path o-exampleorgid/r-ab12/", "is of another organization"),
        ("--context aws:SourceIp", "is not KEY=VALUE"),
        ("--operation delete", "invalid choice: 'delete'"),
        ("--expect yes", "invalid choice: 'yes'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(ask, line, sentence):
    code, out, err = ask(line, i=EVERYTHING)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("image", ["", "a b:1", "arn:aws:ecr:eu-central-1:1:repository/app", "https://example.org/a:1"])
def test_what_is_no_image_at_all_is_wrong_usage(ask, image):
    code, _, err = ask(f"--function-account {WORKLOAD}", image=image)
    assert code == 2
    assert "813835382529.dkr.ecr" in err


@pytest.mark.parametrize("image", ["alpine", "public.ecr.aws/lambda/python:3.12", IMAGE.removesuffix(":1")])
def test_an_image_that_lambda_does_not_take_is_no_wrong_usage(ask, image):
    assert ask(f"--function-account {WORKLOAD} --repository-policy none", image=image)[0] in (1, 3)


def test_the_options_name_fields_of_the_facts():
    assert {each.field for each in options.DOCUMENT_OPTIONS} <= set(facts.NOT_GIVEN)


class TestInPython:
    def test_policies_are_dicts_or_paths(self, tmp_path):
        (tmp_path / "identity.json").write_text(json.dumps(EVERYTHING), "utf-8")
        found = labkit.can_pull(
            IMAGE,
            function_account=WORKLOAD,
            repository_policy=ACROSS,
            caller=CALLER,
            identity=[tmp_path / "identity.json"],
            scp=None,
            rcp=None,
            boundary=None,
            registry_policy=None,
            organization=None,
        )
        assert (found.verdict, found.question.caller.arn) == ("can", CALLER)

    @pytest.mark.parametrize(
        ("documents", "sentence"),
        [
            ({"policy": {}}, "There is no document 'policy'"),
            ({"repository_policy": "nowhere.json"}, "nowhere.json: It cannot be read: No such file or directory."),
            ({"repository_policy": [{}, {}]}, "There can be only one repository_policy"),
            ({"repository_policy": 1}, "is a dict or the path of a file, not 1"),
        ],
    )
    def test_wrong_documents_are_refused(self, documents, sentence):
        with pytest.raises(UsageError, match=sentence.replace("(", r"\(")):
            labkit.can_pull(IMAGE, function_account=WORKLOAD, **documents)


def test_a_repository_that_is_not_there_is_not_one_without_a_policy(ask):
    text = NO_POLICY.replace("RepositoryPolicyNotFound", "RepositoryNotFound")
    code, out, _ = ask(f"--function-account {WORKLOAD} --repository-policy p.json", p=text)
    assert code == 1
    assert out.startswith(f"Account {REGISTRY} has no repository app in eu-central-1.\n")


@pytest.mark.parametrize("policy", [NO_POLICY.replace(REGISTRY, WORKLOAD), {**RAW, "registryId": WORKLOAD}])
def test_the_answer_of_another_registry_is_wrong_usage(ask, policy):
    code, _, err = ask(f"--function-account {WORKLOAD} --repository-policy p.json", p=policy)
    assert code == 2
    assert f"an answer of registry {WORKLOAD}, and the image is in registry {REGISTRY}." in err


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (IMAGE.removesuffix(":1"), "has neither a tag nor a digest: Lambda takes only"),
        ("public.ecr.aws/x/app:1", "names no image in a private ECR repository"),
    ],
)
def test_an_image_that_is_none_in_ecr_leaves_nothing_else_to_be_told(ask, image, said):
    code, out, _ = ask(f"--function-account {WORKLOAD} --repository-policy p.json", image=image, p=ACROSS)
    assert code == 1
    assert said in out
    assert "Not known" not in out


def test_a_scheme_before_an_image_is_named(ask):
    assert "which is written without https://" in ask("", image=f"https://{IMAGE}")[2]


@pytest.mark.parametrize("option", ["", "--letter"])
def test_a_function_of_which_only_the_account_is_known_has_no_made_up_name_in_the_first_sentence(ask, option):
    for policy in (ACROSS, "none"):
        line = ACROSS_WITH_CALLER if policy is ACROSS else ACROSS_WITH_CALLER.replace("p.json", "none")
        first, *_ = ask(f"{line} {option}", p=ACROSS, i=EVERYTHING)[1].splitlines()
        assert "any-function" not in first


def test_nothing_is_said_twice(ask):
    _, out, _ = ask(ACROSS_WITH_CALLER, p="", i=EVERYTHING)
    assert out.count("The text is empty.") == 1


def test_without_anything_for_the_owner_the_letter_is_the_answer(ask):
    code, out, _ = ask(f"--function-account {WORKLOAD} --letter")
    assert code == 3
    assert "cannot be told" in out


def test_an_scp_that_only_denies_is_not_all_of_its_level(ask):
    line = ACROSS_WITH_CALLER.replace("--scp none", "--scp s.json")
    other = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    code, out, _ = ask(line, p=ACROSS, i=EVERYTHING, s=other)
    assert code == 0
    assert "what is attached beside s.json" in out
    code, out, _ = ask(line, p=ACROSS, i=EVERYTHING, s=[other, EVERYTHING])
    assert (code, "what is attached beside" in out) == (0, False)
