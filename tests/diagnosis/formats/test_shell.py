"""Commands say to a real shell what they mean: every argument and every byte of a document arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.shell import command, kebab
from labkit.diagnosis.formats.snippets import snippet
from labkit.diagnosis.writing import write_call
from labkit.pull import policies
from tests.diagnosis.formats.made import AWKWARD, CALLS, DIGEST, DOCUMENTS, REGION, SESSION, changed

FAKE = f"""#!{sys.executable}
import json, sys
print(json.dumps(sys.argv[1:]))
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")


@pytest.fixture(scope="module")
def hear(tmp_path_factory: pytest.TempPathFactory):
    """A shell that runs a text in which ``aws`` prints its arguments; answers those of the last command."""
    folder, here = tmp_path_factory.mktemp("bin"), tmp_path_factory.mktemp("here")
    (folder / "aws").write_text(FAKE)
    (folder / "aws").chmod(0o755)

    def run(text: str) -> list[str]:
        path = {"PATH": f"{folder}:/usr/bin:/bin"}
        done = subprocess.run(["sh", "-c", text], env=path, capture_output=True, text=True, cwd=here)
        assert (done.returncode, done.stderr) == (0, "")
        assert list(Path(here).iterdir()) == []
        return list(json.loads(done.stdout.splitlines()[-1]))

    return run


@pytest.mark.parametrize("change", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_document_arrives_as_it_is(hear, change):
    words = hear(command(change, REGION))
    call = write_call(change)
    assert call is not None
    assert words[:2] == list(call[:2])
    assert json.loads(change.after) in [json.loads(word) for word in words if word.startswith("{")]


@pytest.mark.parametrize("layout", [None, 1, "\t"])
def test_a_document_arrives_byte_for_byte_however_it_is_laid_out(hear, layout):
    text = json.dumps(policies.cross_account("592444418872"), indent=layout)
    change = changed(f.REPOSITORY_POLICY, "813835382529", "app", {})._replace(after=text)
    assert text in hear(command(change, REGION))


def test_a_command_that_stands_indented_in_a_text_says_the_same_policy(hear):
    change = DOCUMENTS["role"]
    words = hear("\n".join(f"    {line}" for line in command(change).splitlines()))
    assert json.loads(words[words.index("--policy-document") + 1]) == AWKWARD


def test_a_call_arrives_with_its_parameters(hear):
    assert hear(command(CALLS["an archived image"], REGION)) == [
        *("ecr", "update-image-storage-class", "--region", REGION, "--registry-id", "813835382529"),
        *("--repository-name", "app", "--image-id", '{"imageTag": "1"}', "--target-storage-class", "STANDARD"),
    ]


def test_an_image_gets_a_tag_by_the_manifest_that_is_read_just_before(hear):
    words = hear(command(CALLS["a tag"], REGION))
    asked = json.loads(words[words.index("--image-manifest") + 1])
    assert asked[:4] == ["ecr", "batch-get-image", "--region", REGION]
    assert f"imageDigest={DIGEST}" in asked


def test_the_commands_of_several_changes_are_one_script(hear):
    changes = tuple(each for each in (*DOCUMENTS.values(), *CALLS.values()) if (each.call or "")[:1] != ("docker",))
    assert hear(snippet(changes, "cli", REGION))[:2] == list((changes[-1].call or ("", ""))[:2])


@pytest.mark.parametrize("name", ["a'; touch x; '", "$(touch x)", "`touch x`", "a b", "a --b", 'a"b', "a\\b"])
def test_a_name_is_never_run_by_the_shell(hear, name):
    assert name in hear(command(changed(f.REPOSITORY_POLICY, "1", name, AWKWARD)))
    found = hear(command(changed(f.SCP, "1", name, AWKWARD)))
    told = name.replace("\\", "\\\\").replace("'", "\\'")
    assert f"Policies[?Name=='{told}'].Id" in json.loads(found[found.index("--policy-id") + 1])


def test_a_policy_of_the_organization_is_found_by_its_name():
    assert "list-policies --filter SERVICE_CONTROL_POLICY" in command(DOCUMENTS["SCP"])
    assert "--policy-id p-examplepolicy" in command(DOCUMENTS["SCP by id"])


def test_a_session_policy_is_no_command_but_comments_that_show_it():
    lines = command(SESSION).splitlines()
    assert all(line.startswith("# ") for line in lines)
    assert json.loads("\n".join(line.removeprefix("# ") for line in lines[1:])) == AWKWARD


@pytest.mark.parametrize("change", [*DOCUMENTS.values(), *CALLS.values()], ids=[*DOCUMENTS, *CALLS])
def test_the_aws_cli_knows_every_option(change):
    session = pytest.importorskip("botocore.session", reason="needs botocore of requirements.txt").get_session()
    service, operation, parameters = write_call(change)
    if service == "docker":
        return
    model = session.get_service_model(service)
    names = [name for name in model.operation_names if "-".join(_words(name)) == operation]
    assert len(names) == 1
    shape = model.operation_model(names[0]).input_shape
    known = {name: "-".join(_words(name)) for name in shape.members}
    assert {name: kebab(name) for name in parameters}.items() <= known.items()


def _words(name: str) -> list[str]:
    from botocore import xform_name

    return xform_name(name, "-").split("-")
