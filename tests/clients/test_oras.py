"""oras for Python: pushes and pulls files as an artifact. It first sends everything without a login, bodies too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import READER, Shop

pytestmark = pytest.mark.filterwarnings("default")  # the library's own warnings are not ours to fix


@pytest.fixture
def oras(require: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Shop, Any], Any]:
    """``oras(shop, who)``: a client that is logged in."""
    try:
        from oras.client import OrasClient
    except ImportError:
        OrasClient = None
    require("oras", OrasClient)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # where it keeps its logins

    def made(shop: Shop, who: Any) -> Any:
        client = OrasClient(hostname=shop.address, insecure=True, auth_backend="basic")
        client.auth.set_basic_auth("AWS", who if isinstance(who, str) and len(who) > 20 else shop.token(who))
        return client

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


def test_who_may_not_reads_why(oras: Callable[..., Any], shop: Shop, artifact: Path):
    repository = shop.repository()
    for who, code, said in (
        (shop.reader(), "DENIED", repository.denial(READER, "InitiateLayerUpload", "identity")),
        ("a token that was never given out", "UNAUTHORIZED", "Not Authorized"),
    ):
        with pytest.raises(Exception, match=code) as refused:
            oras(shop, who).push(target=f"{repository.image}:1", files=[str(artifact)], disable_path_validation=True)
        assert said in str(refused.value)
