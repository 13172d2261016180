"""An image's configuration is read into one type, or refused in one sentence, whatever was pushed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.image.format.config import DOCUMENT_LIMIT, ImageConfig
from labkit.image.format.errors import ConfigError
from tests.image.odd_configurations import HANDLER, READABLE, UNREADABLE, document, written

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
MEMBERS = st.sampled_from(["architecture", "os", "config", "Env", "Entrypoint", "Cmd", "WorkingDir", "Labels"])


def test_what_an_image_says_is_read():
    found = ImageConfig.parse(written())
    assert (found.architecture, found.os) == ("amd64", "linux")
    assert found.environment == {"PATH": "/usr/bin", "LAMBDA_TASK_ROOT": "/var/task"}
    assert (found.entrypoint, found.command) == (("/lambda-entrypoint.sh",), ("lambda_function.handler",))
    assert (found.working_directory, found.labels) == ("/var/task", HANDLER["Labels"])
    assert found.stands_in_for == "public.ecr.aws/lambda/python:3.12"
    assert found.settings == HANDLER


def test_what_an_image_does_not_say_is_empty():
    assert ImageConfig.parse(b"{}") == ImageConfig()
    assert ImageConfig.parse(document({"config": dict.fromkeys(HANDLER)})) == ImageConfig()
    assert ImageConfig().stands_in_for is None


def test_there_are_at_least_31_odd_ones():
    assert len(UNREADABLE) >= 31


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_what_nobody_can_read_is_refused_in_one_sentence(raw):
    with pytest.raises(ConfigError) as error:
        ImageConfig.parse(raw)
    sentence = str(error.value)
    assert sentence.endswith(".") and "\n" not in sentence and sentence.isprintable() and len(sentence) < 200


@pytest.mark.parametrize("raw", READABLE.values(), ids=READABLE)
def test_what_is_only_odd_is_read(raw):
    assert isinstance(ImageConfig.parse(raw), ImageConfig)


def test_the_sentence_says_where_and_what():
    with pytest.raises(ConfigError, match="The Env of the image's configuration has a number where a text is expected"):
        ImageConfig.parse(written(Env=[1]))
    with pytest.raises(ConfigError, match="The image's configuration is a list where an object is expected"):
        ImageConfig.parse(b"[]")


def test_a_document_of_megabytes_is_not_even_decoded():
    with pytest.raises(ConfigError, match="more than"):
        ImageConfig.parse(b" " * (DOCUMENT_LIMIT + 1))


@given(JSON | st.dictionaries(MEMBERS, JSON | st.dictionaries(MEMBERS, JSON)))
def test_any_json_is_read_or_refused(value):
    raw = json.dumps(value).encode()
    try:
        found = ImageConfig.parse(raw)
    except ConfigError as error:
        str(error).encode()
    else:
        " ".join([*found.environment.values(), *found.entrypoint, *found.command, *found.labels.values()]).encode()


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw):
    try:
        ImageConfig.parse(raw)
    except ConfigError as error:
        str(error).encode()
