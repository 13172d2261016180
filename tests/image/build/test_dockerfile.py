import pytest

from labkit.errors import DockerfileError
from labkit.image.build.dockerfile import parse, read

FROM = "FROM public.ecr.aws/lambda/python:3.12\n"


def test_comments_blank_lines_and_continuation_lines_are_joined_to_one_instruction():
    text = FROM + 'ENV a=1 \\\n# a comment\n\n    b=2 \\  \n    c=3\n\n  # end\nCMD ["x.y"]'
    env, cmd = parse(text)[1:]
    assert (env.line, env.name, env.text.split()) == (2, "ENV", ["a=1", "b=2", "c=3"])
    assert (cmd.line, cmd.json_list()) == (9, ["x.y"])


def test_the_escape_directive_changes_the_continuation_character():
    instructions = parse("# syntax=docker/dockerfile:1\n# escape=`\n" + FROM + "ENV a=1 `\n b=c:\\\nCMD x")
    assert [instruction.name for instruction in instructions] == ["FROM", "ENV", "CMD"]
    assert instructions[1].text.endswith("b=c:\\")


def test_flags_are_told_apart_from_arguments():
    copy = parse(FROM + "copy --chmod=755 --chown=1:2 a b/")[1]
    assert (copy.flags, copy.text) == ({"chmod": "755", "chown": "1:2"}, "a b/")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("RUN pip install x", "RUN runs a program inside the image, which needs a Docker engine; build this image"),
        ("COPY --from=builder a b", "COPY --from is not supported"),
        ("FROM scratch", "FROM begins a second stage, which needs a Docker engine"),
        ("HEALTHCHECK CMD x", "HEALTHCHECK runs a program"),
        ("ONBUILD COPY a b", "ONBUILD acts in a later build"),
        ("MAINTAINER me", "MAINTAINER is not an instruction that the lab knows"),
        ("COPY <<EOF /x", "COPY has a here-document"),
        ("CMD", "CMD has no argument"),
        ("!", "! is not an instruction"),
    ],
)
def test_what_cannot_be_assembled_is_refused_by_line_and_name(line, says):
    with pytest.raises(DockerfileError) as caught:
        parse(FROM + "\n" + line + "\n")
    assert str(caught.value).startswith("Dockerfile line 3: " + says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no FROM"),
        ("# nothing\n", "has no FROM"),
        ("ENV a=1\n" + FROM, "line 1: ENV stands before FROM"),
        ("# escape=x\n" + FROM, "escape directive"),
    ],
)
def test_a_dockerfile_that_does_not_begin_right_is_refused(text, says):
    with pytest.raises(DockerfileError, match=says):
        parse(text)


def test_a_missing_dockerfile_is_one_clear_sentence(tmp_path):
    with pytest.raises(DockerfileError, match=r"There is no Dockerfile at .*; write one"):
        read(tmp_path / "Dockerfile")


def test_a_dockerfile_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "Dockerfile").write_bytes(b"FROM \xff\xfe")
    with pytest.raises(DockerfileError, match="cannot be read"):
        read(tmp_path / "Dockerfile")
