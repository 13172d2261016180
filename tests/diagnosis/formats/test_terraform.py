"""Terraform's code is HCL, and says the very policies; a second parser, python-hcl2, reads it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.quoting import assigned, hcl_quoted
from labkit.diagnosis.formats.snippets import snippet
from labkit.pull import policies
from tests.diagnosis.formats.made import CALLS, DOCUMENTS, ONCE, REGION, REGISTRY, SESSION, WORKLOAD, call, changed

_DOUBLED = re.compile(r"([$%])\1\{")
ADDRESSES = {
    "repository": ("aws_ecr_repository_policy", "team_app", "team/app"),
    "new policy": ("aws_ecr_repository_policy", "other", None),
    "registry": ("aws_ecr_registry_policy", "registry", REGISTRY),
    "role": ("aws_iam_role_policy", "PullImages", "Deployer:PullImages"),
    "role by word": ("aws_iam_role_policy", "PullImages", None),
    "user": ("aws_iam_user_policy", "PullAsUser", None),
    "group": ("aws_iam_group_policy", "PullAsGroup", None),
    "managed": ("aws_iam_policy", "Deploy", f"arn:aws:iam::{WORKLOAD}:policy/team/Deploy"),
    "new managed": ("aws_iam_policy", "Reader", None),
    "boundary": ("aws_iam_policy", "Limit", f"arn:aws:iam::{WORKLOAD}:policy/Limit"),
    "SCP": ("aws_organizations_policy", "Perimeter", "ID"),
    "SCP by id": ("aws_organizations_policy", "p_examplepolicy", "p-examplepolicy"),
    "RCP": ("aws_organizations_policy", "Data_perimeter", "ID"),
    "endpoint": ("aws_vpc_endpoint_policy", "vpce_0123456789abcdef0", "vpce-0123456789abcdef0"),
    "trust": ("aws_iam_role", "Deployer", "Deployer"),
}


def resources(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The resources of a configuration by type and label, their values as Terraform would read them."""
    hcl2 = pytest.importorskip("hcl2", reason="needs python-hcl2 of tests/requirements.txt")
    blocks = hcl2.loads(f"{text}\n").get("resource", [])
    found = [
        ((_read(kind), _read(label)), {name: _read(value) for name, value in arguments.items() if name[:2] != "__"})
        for block in blocks
        for kind, labelled in block.items()
        for label, arguments in labelled.items()
        if kind[:2] != "__"
    ]
    assert len({address for address, _ in found}) == len(found)
    return dict(found)


def _read(value: Any) -> Any:
    """A value as it is meant: python-hcl2 hands out texts with their quotes and escapes."""
    if isinstance(value, dict):
        return {_read(key): _read(each) for key, each in value.items() if key[:2] != "__"}
    if isinstance(value, list):
        return [_read(each) for each in value]
    if isinstance(value, str) and value.startswith("${jsonencode("):
        return _jsonencoded(value)
    return json.loads(_DOUBLED.sub(r"\1{", value)) if isinstance(value, str) and value.startswith('"') else value


def _jsonencoded(value: str) -> Any:
    import hcl2

    return _read(hcl2.loads(f"x = {value.removeprefix('${jsonencode(').removesuffix(')}')}\n")["x"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_resource_holds_the_very_policy(name):
    kind, label, _ = ADDRESSES[name]
    found = resources(snippet((DOCUMENTS[name],), "terraform", REGION))
    assert list(found) == [(kind, label)]
    assert json.loads(DOCUMENTS[name].after) in found[kind, label].values()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_aws_has_already_is_imported(name):
    kind, label, identifier = ADDRESSES[name]
    text = snippet((DOCUMENTS[name],), "terraform", REGION)
    hint = f"# terraform import {kind}.{label} {identifier}\n"
    assert (hint in text) if identifier else ("terraform import" not in text)


def test_all_changes_together_are_one_configuration():
    everything = (*DOCUMENTS.values(), SESSION, *CALLS.values())
    found = resources(snippet(everything, "terraform", REGION))
    assert len(found) == len(DOCUMENTS) + len(CALLS) - len(ONCE)
    assert ("aws_iam_role_policy", "PullImages2") in found


def test_a_role_keeps_its_path_and_an_inline_policy_its_owner():
    trust, role = DOCUMENTS["trust"], DOCUMENTS["role"]
    found = resources(snippet((trust, role), "terraform"))
    assert found["aws_iam_role", "Deployer"]["path"] == "/team/"
    assert found["aws_iam_role_policy", "PullImages"]["role"] == "Deployer"


def test_the_policy_of_a_repository_that_is_made_here_waits_for_it():
    made = call(REGISTRY, "ecr", "create-repository", {"repositoryName": "app"})
    policy = changed(f.REPOSITORY_POLICY, REGISTRY, "app", policies.same_account(), None)
    assert "repository = aws_ecr_repository.app.name\n" in snippet((made, policy), "terraform")
    assert 'repository = "app"\n' in snippet((policy,), "terraform")


def test_the_name_of_a_policy_of_which_the_id_is_known_is_asked_for():
    text = snippet((DOCUMENTS["SCP by id"],), "terraform")
    assert 'variable "p_examplepolicy_name" {' in text
    assert "name = var.p_examplepolicy_name\n" in text


def test_a_setting_of_the_registry_is_a_resource():
    change = call(REGISTRY, "ecr", "put-account-setting", {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"})
    [(address, found)] = resources(snippet((change,), "terraform", REGION)).items()
    assert address == ("aws_ecr_account_setting", "registry_policy_scope")
    assert found == {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${aws:username}", '"$${aws:username}"'),
        ("%{if}", '"%%{if}"'),
        ("$${x}", r'"\u0024$${x}"'),  # Terraform 1.11 reads "$$${x}" as another text
        ("%%%{x}", r'"\u0025\u0025%%{x}"'),
        ("$%{a}", '"$%%{a}"'),
        ("100% $5 {} $", '"100% $5 {} $"'),
        ('\\${x}"\x1b', r'"\\$${x}\"\u001b"'),
    ],
)
def test_policy_variables_are_no_templates(text, written):
    assert hcl_quoted(text) == written


def test_neighbours_are_aligned_as_terraform_fmt_does_it():
    pairs = [("a", "1"), ("long", "2"), ("spread", "{\n}"), ("b", "3")]
    assert assigned(pairs) == ["a    = 1", "long = 2", "spread = {\n}", "b = 3"]
