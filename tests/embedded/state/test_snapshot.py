"""The snapshot of moto's state: what it refers to, and from whom it is taken."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator

import pytest

from labkit.embedded.state import snapshot
from labkit.errors import EmbeddedError
from tests.embedded.conftest import Cloud

# Whoever changes one of these raises `snapshot.FORMAT`, since states that were written before cannot be loaded then; or
# lets `snapshot` know where a module has moved to.
FORMAT = 2
NAMES = {"labkit.embedded.state.backend._aws_policy", "labkit.embedded.state.snapshot._new_lock"}
PARTS = {"iam", "ecr", "organizations", "masters"}


def names_in(body: bytes) -> Iterator[str]:
    """The names that a pickle refers to."""
    texts: list[str] = []
    memo: dict[int, str] = {}
    for operation, argument, _ in pickletools.genops(body):
        if operation.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else ""
        elif "UNICODE" in operation.name:
            texts.append(str(argument))
        elif operation.name in ("BINGET", "LONG_BINGET"):
            texts.append(memo[int(argument)])
        elif operation.name == "STACK_GLOBAL":
            yield ".".join(texts[-2:])


def test_what_a_snapshot_refers_to_belongs_to_its_format(cloud: Cloud) -> None:
    cloud.client("registry", "ecr").create_repository(repositoryName="demo")
    body = snapshot.check(cloud.embedded.backend.dump(), "here")
    found = set(names_in(body))
    assert snapshot.FORMAT == FORMAT
    assert {name for name in found if name.startswith("labkit.")} == NAMES
    assert set(snapshot.load(body, {("labkit.embedded.state.backend", "_aws_policy")})) == PARTS


def test_a_snapshot_of_another_format_is_refused_before_it_is_loaded(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumped = cloud.embedded.backend.dump()
    snapshot.versions.cache_clear()
    monkeypatch.setattr(snapshot, "FORMAT", FORMAT + 1)
    with pytest.raises(EmbeddedError, match=r"with moto .+ \(format 2\)\. Run 'labkit reset'"):
        snapshot.check(dumped, "here")
    monkeypatch.undo()
    snapshot.versions.cache_clear()


@pytest.mark.parametrize(
    ("written", "loaded"),
    [
        (b"clabkit.embedded.snapshot\n_new_lock\n(tR.", "RLock"),
        (
            b"clabkit.embedded.backend\n_aws_policy\n(Varn:aws:iam::aws:policy/AdministratorAccess\ntR.",
            "AWSManagedPolicy",
        ),
    ],
)
def test_what_was_written_before_its_modules_moved_is_loaded(written: bytes, loaded: str) -> None:
    state = snapshot.load(written, {("labkit.embedded.state.backend", "_aws_policy")})
    assert type(state).__name__ == loaded
