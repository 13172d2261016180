"""oras for Python: logs in, pushes and pulls files as an artifact, and is refused.

Its login asks nobody: it is kept in the configuration of Docker, and used when the registry has refused what was first
sent without it, bodies too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.pull import policies

from .conftest import READER, WORKLOAD, Shop

pytestmark = pytest.mark.filterwarnings("default")  # the library's own warnings are not ours to fix


MADE_UP = "a token that was never given out"


@pytest.fixture
def oras(require: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Shop, Any], Any]:
    """``oras(shop, who)``: a client that finds a login of this profile, session or token."""
    try:
        from oras.client import OrasClient
    except ImportError:
        OrasClient = None
    require("oras", OrasClient)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # where it keeps its logins

    def made(shop: Shop, who: Any) -> Any:
        def client() -> Any:
            return OrasClient(hostname=shop.address, insecure=True, auth_backend="basic")

        token = MADE_UP if who == MADE_UP else shop.token(who)
        said = client().login(username="AWS", password=token, hostname=shop.address)
        assert said["Status"] == "Login Succeeded"
        return client()

    return made


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A file of six megabytes."""
    path = tmp_path / "artifact.bin"
    path.write_bytes(bytes(range(256)) * 24_000)
    return path


@pytest.mark.parametrize("chunked", [False, True])
def test_an_artifact_is_pushed_and_pulled(
    oras: Callable[..., Any], shop: Shop, artifact: Path, tmp_path: Path, chunked: bool
):
    repository, client = shop.repository(), oras(shop, "registry")
    target = f"{repository.image}:1"
    pushed = client.push(
        target=target,
        files=[str(artifact)],
        disable_path_validation=True,
        do_chunked=chunked,
        chunk_size=1_000_000,
    )
    assert pushed.headers["Docker-Content-Digest"] == repository.digests["1"]
    assert client.get_tags(target) == ["1"]
    (file,) = client.pull(target=target, outdir=str(tmp_path / "pulled"))
    assert Path(file).read_bytes() == artifact.read_bytes()


def test_who_may_not_push_reads_why(oras: Callable[..., Any], shop: Shop, artifact: Path):
    repository = shop.repository()
    for who, code, said in (
        (shop.reader(), "DENIED", repository.denial(READER, "InitiateLayerUpload", "identity")),
        (MADE_UP, "UNAUTHORIZED", "Not Authorized"),
    ):
        with pytest.raises(Exception, match=code) as refused:
            oras(shop, who).push(target=f"{repository.image}:1", files=[str(artifact)], disable_path_validation=True)
        assert said in str(refused.value)
    assert repository.digests == {}


def test_who_may_not_pull_reads_why_in_the_log(
    oras: Callable[..., Any], shop: Shop, artifact: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    repository = shop.repository()
    target, pulled = f"{repository.image}:1", str(tmp_path / "pulled")
    oras(shop, "registry").push(target=target, files=[str(artifact)], disable_path_validation=True)
    for who, status, said in (
        ("workload", "Forbidden", repository.denial(WORKLOAD, "BatchGetImage", "resource")),
        (MADE_UP, "Unauthorized", "Not Authorized"),
    ):
        with pytest.raises(ValueError, match=f"/manifests/1: {status}$"):
            oras(shop, who).pull(target=target, outdir=pulled)
        assert said in caplog.messages[-1]
    repository.allow(policies.organization("o-lambdaecrlab"))
    (file,) = oras(shop, "workload").pull(target=target, outdir=pulled)
    assert Path(file).read_bytes() == artifact.read_bytes()
