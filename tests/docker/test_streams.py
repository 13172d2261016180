"""What an engine says becomes an error where it is one. No engine is needed here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.credentials.errors import StoreError
from docker.errors import APIError, DockerException
from requests.exceptions import ReadTimeout

from labkit.docker import registry
from labkit.docker.base_images import Dockerfile
from labkit.docker.streams import EngineError, StreamLine, explained, followed
from labkit.errors import DockerfileError
from labkit.pull.uri import ImageUri

URI = ImageUri("813835382529", "eu-central-1", "lambda-same-account", "0.0.1")


def test_a_line_that_is_an_error_is_raised_in_the_engines_words_and_the_rest_is_read():
    read: list[int] = []

    def lines() -> Iterator[StreamLine]:
        for number, line in enumerate([{"status": "ok"}, {"error": "denied: no\n"}, {"status": "more"}]):
            read.append(number)
            yield line

    with pytest.raises(EngineError) as error:
        list(followed(lines(), "Docker cannot push it"))
    assert (str(error.value), error.value.said) == ("Docker cannot push it: denied: no", "denied: no")
    assert read == [0, 1, 2]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (APIError("500 Server Error", explanation="no such host"), "no such host"),
        (DockerException("broken"), "broken"),
        (StoreError("docker-credential-desktop not installed"), "docker-credential-desktop not installed"),
        (ReadTimeout("too slow"), "it stopped answering (too slow)"),
    ],
)
def test_what_the_sdk_raises_becomes_one_kind_of_error(error, said):
    with pytest.raises(EngineError) as raised, explained("Docker cannot do it"):
        raise error
    assert raised.value.said == said


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("http://127.0.0.1:43121", f"127.0.0.1:43121/{URI}"),
        ("https://813835382529.dkr.ecr.eu-central-1.amazonaws.com", str(URI)),
        ("https://592444418872.dkr.ecr.eu-central-1.amazonaws.com", str(URI)),
        ("https://813835382529.dkr-ecr.eu-central-1.on.aws", str(URI)),
    ],
)
def test_the_registrys_address_stands_in_front_only_where_it_is_not_the_images_host(endpoint, name):
    class Ecr:
        def get_authorization_token(self):
            return {"authorizationData": [{"authorizationToken": "QVdTOnNlY3JldA==", "proxyEndpoint": endpoint}]}

    login = registry.login(Ecr())
    assert login.name(URI) == name
    assert login.auth == {"username": "AWS", "password": "secret"}
    assert "secret" not in repr(login)


class TestDockerfile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "Dockerfile"

    def test_the_last_stage_decides_what_an_image_stands_on(self, path):
        path.write_text("FROM golang:1 AS build\nRUN make\nfrom --platform=linux/amd64 a/b:3\nCOPY --from=build /x /\n")
        read = Dockerfile.read(path)
        assert read.reference == "a/b:3"
        assert read.on("c:1").text == (
            "FROM golang:1 AS build\nRUN make\nfrom --platform=linux/amd64 c:1\nCOPY --from=build /x /\n"
        )

    @pytest.mark.parametrize("text", ["", "RUN FROM x\n", "# FROM x\n"])
    def test_without_from_there_is_nothing_to_stand_on(self, path, text):
        path.write_text(text)
        with pytest.raises(DockerfileError, match="has no FROM"):
            Dockerfile.read(path)

    def test_one_that_is_not_there_is_said_to_be_missing(self, path):
        with pytest.raises(DockerfileError, match="cannot be read"):
            Dockerfile.read(path)
