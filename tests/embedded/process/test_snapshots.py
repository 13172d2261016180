"""Snapshots: what is kept under a name comes back as it was, whatever has happened to the lab since."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.aws import images, transport
from labkit.embedded.process import client, here
from labkit.embedded.records import fresh
from labkit.embedded.state import schema, snapshot_files, snapshots
from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.clock import SystemClock
from labkit.embedded.state.settings import WorldSettings
from labkit.embedded.state.snapshots import Snapshot
from labkit.errors import EmbeddedError, UsageError
from labkit.ground.home import Home
from labkit.image.format.image import Image
from labkit.pull import policies
from tests.embedded.conftest import REGION, make_client, profile_keys
from tests.embedded.lab_of_tests import PATIENTLY


class Kept:
    """A lab in this process, and what these tests do with it."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, Home(root)
        self.start()

    def start(self) -> None:
        client.ensure(self.root, run_as=here.IN_PROCESS)

    def client(self, service: str, profile: str = "workload", keys: dict[str, str] | None = None) -> Any:
        running = client.ensure(self.root)
        made = make_client(service, running.endpoint, keys or profile_keys(self.root, profile), running.region)
        made.meta.events.register("before-send", transport.answer)
        return made

    def add(self, *users: str) -> None:
        for name in users:
            self.client("iam").create_user(UserName=name)

    def users(self) -> list[str]:
        return [each["UserName"] for each in self.client("iam").list_users()["Users"] if each["UserName"] != "admin"]

    @property
    def blobs(self) -> BlobStore:
        return BlobStore(self.home.embedded / "images", SystemClock().now)

    def push(self, image: Image) -> str:
        """The digest of the layer of an image that is in a repository now."""
        ecr = self.client("ecr", "registry")
        ecr.create_repository(repositoryName="team/app")
        images.push(ecr, "team/app", "1", image)
        return next(digest for digest in image.blobs if digest not in (image.digest, image.config_digest))

    def create(self, name: str) -> None:
        """A function of the registry's account on the image that was pushed, ready to run."""
        role = self.client("iam", "registry").create_role(
            RoleName="role", AssumeRolePolicyDocument=json.dumps(policies.lambda_trust())
        )["Role"]["Arn"]
        code = {"ImageUri": f"813835382529.dkr.ecr.{REGION}.amazonaws.com/team/app:1"}
        made = self.client("lambda", "registry")
        made.create_function(FunctionName=name, Role=role, PackageType="Image", Code=code)
        made.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=PATIENTLY)

    def invoked(self, name: str) -> str:
        """What a function answers."""
        answer = self.client("lambda", "registry").invoke(FunctionName=name)
        return str(answer["Payload"].read().decode())

    def drop(self) -> None:
        """Delete the repository with all that is in it."""
        self.client("ecr", "registry").delete_repository(repositoryName="team/app", force=True)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab home in which the world has just been made."""
    home = tmp_path_factory.mktemp("founded") / "home"
    client.ensure(home, run_as=here.IN_PROCESS)
    client.stop(home)
    return home


@pytest.fixture
def lab(tmp_path: Path, founded: Path) -> Iterator[Kept]:
    shutil.copytree(founded, tmp_path / "home")
    yield Kept(tmp_path / "home")
    client.stop(tmp_path / "home")


def test_what_was_made_comes_back_and_what_was_made_since_goes(lab: Kept) -> None:
    lab.add("ann", "bob")
    made = client.save_snapshot(lab.root, "start")
    lab.add("eve")
    lab.client("iam").delete_user(UserName="ann")
    running = client.load_snapshot(lab.root, "start")
    assert lab.users() == ["ann", "bob"]
    assert (running.run_as, made.contents["users"]) == (here.IN_PROCESS, 8)


def test_a_snapshot_can_be_loaded_again_and_again(lab: Kept) -> None:
    client.save_snapshot(lab.root, "start")
    for _ in range(2):
        lab.add("ann")
        client.load_snapshot(lab.root, "start")
        assert lab.users() == []


def test_it_is_also_made_and_loaded_where_nothing_runs(lab: Kept) -> None:
    lab.add("ann")
    client.stop(lab.root)
    client.save_snapshot(lab.root, "start")
    lab.start()
    lab.add("bob")
    client.stop(lab.root)
    client.load_snapshot(lab.root, "start")
    assert lab.users() == ["ann"]


def test_it_is_made_and_loaded_while_a_process_of_its_own_runs(lab: Kept) -> None:
    client.stop(lab.root)
    running = client.ensure(lab.root, run_as=here.OWN_PROCESS)
    lab.add("ann")
    client.save_snapshot(lab.root, "start")
    lab.add("bob")
    again = client.load_snapshot(lab.root, "start")
    assert (again.run_as, again.endpoint) == (here.OWN_PROCESS, running.endpoint)
    assert lab.users() == ["ann"]


def test_clients_that_hold_the_keys_of_profiles_go_on_working(lab: Kept) -> None:
    client.save_snapshot(lab.root, "start")
    client.reset(lab.root, everything=False)
    held = lab.client("sts")
    client.load_snapshot(lab.root, "start")
    assert held.get_caller_identity()["Arn"] == "arn:aws:iam::592444418872:user/admin"
    assert lab.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::592444418872:user/admin"


def test_keys_that_a_lab_got_after_the_snapshot_go_on_working(lab: Kept) -> None:
    client.save_snapshot(lab.root, "start")
    snapshot = lab.home.snapshots / "start"
    aside = snapshot.rename(lab.root.parent / "aside")
    old = profile_keys(lab.root, "workload")
    client.reset(lab.root, everything=True)
    client.ensure(lab.root, run_as=here.OWN_PROCESS)
    client.stop(lab.root)
    lab.start()
    new = profile_keys(lab.root, "workload")
    lab.home.snapshots.mkdir()
    aside.rename(snapshot)
    client.load_snapshot(lab.root, "start")
    assert new != old == {**old} and profile_keys(lab.root, "workload") == new
    assert lab.client("sts", keys=new).get_caller_identity()["Account"] == "592444418872"


def test_the_settings_of_the_world_come_back_with_it(lab: Kept) -> None:
    chosen = WorldSettings.parse({"accounts": {"registry": "000000000007"}, "region": "us-west-2"})
    client.apply_world(lab.root, chosen)
    client.save_snapshot(lab.root, "elsewhere")
    client.apply_world(lab.root, WorldSettings())
    running = client.load_snapshot(lab.root, "elsewhere")
    assert (running.accounts["registry"], running.region) == ("000000000007", "us-west-2")
    assert client.settings(lab.root) == chosen
    assert lab.client("sts", "registry").get_caller_identity()["Account"] == "000000000007"


def test_blobs_are_shared_and_outlive_the_image(lab: Kept, image: Image) -> None:
    digest = lab.push(image)
    made = client.save_snapshot(lab.root, "start")
    assert made.blobs.path(digest).samefile(lab.blobs.path(digest))
    lab.drop()
    assert digest not in lab.blobs and digest in made.blobs
    client.load_snapshot(lab.root, "start")
    assert digest in lab.blobs
    client.load_snapshot(lab.root, "start")
    assert digest in made.blobs


def test_where_the_disk_knows_no_links_blobs_are_copied(
    lab: Kept, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(snapshot_files.os, "link", refuse)
    digest = lab.push(image)
    made = client.save_snapshot(lab.root, "start")
    lab.drop()
    client.load_snapshot(lab.root, "start")
    assert lab.blobs.read(digest) == made.blobs.read(digest)


def test_functions_come_back_and_run_though_their_image_and_their_code_are_gone(lab: Kept, image: Image) -> None:
    lab.push(image)
    lab.create("early")
    client.save_snapshot(lab.root, "start")
    lab.client("lambda", "registry").delete_function(FunctionName="early")
    lab.drop()
    assert not list((lab.home.embedded / "functions" / "code").iterdir())
    client.load_snapshot(lab.root, "start")
    assert lab.invoked("early").startswith('"Hello from')


def test_a_function_whose_image_was_gone_before_comes_back_as_well(lab: Kept, image: Image) -> None:
    lab.push(image)
    lab.create("orphan")
    lab.drop()
    made = client.save_snapshot(lab.root, "start")
    assert made.digests == [] and len(list((made.path / "code").iterdir())) == 1
    lab.client("lambda", "registry").delete_function(FunctionName="orphan")
    client.load_snapshot(lab.root, "start")
    assert lab.invoked("orphan").startswith('"Hello from')


def test_one_function_that_cannot_run_any_more_keeps_no_snapshot_from_being_loaded(
    lab: Kept, image: Image, caplog: pytest.LogCaptureFixture
) -> None:
    lab.push(image)
    lab.create("lost")
    lab.drop()
    lab.add("ann")
    shutil.rmtree(lab.home.embedded / "functions" / "code")
    client.save_snapshot(lab.root, "start")
    client.load_snapshot(lab.root, "start")
    assert lab.users() == ["ann"]
    assert "The function is trying to use a deleted image." in caplog.text


def test_deleting_one_keeps_the_others_and_the_lab(lab: Kept, image: Image) -> None:
    digest = lab.push(image)
    for name in ("one", "two"):
        client.save_snapshot(lab.root, name)
    snapshots.delete(lab.home, "one")
    assert [each.name for each in snapshots.listed(lab.home)] == ["two"]
    assert digest in lab.blobs
    client.load_snapshot(lab.root, "two")


def test_it_is_small_and_for_its_owner_alone(lab: Kept) -> None:
    made = client.save_snapshot(lab.root, "start")
    assert made.size < 500_000
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.database.stat().st_mode) == 0o600
    assert sorted(path.name for path in made.path.iterdir()) == ["snapshot.json", "state.sqlite3"]


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "-x", "ä", "a b", "x" * 65, "a\n"])
def test_a_name_that_is_none_is_one_sentence(lab: Kept, name: str) -> None:
    for act in (client.save_snapshot, client.load_snapshot):
        with pytest.raises(UsageError, match=r"^A snapshot cannot be named"):
            act(lab.root, name)
    with pytest.raises(UsageError, match=r"^A snapshot cannot be named"):
        snapshots.delete(lab.home, name)


def test_a_name_that_is_taken_stays_what_it_is(lab: Kept) -> None:
    client.save_snapshot(lab.root, "Start")
    lab.add("ann")
    for name in ("Start", "start"):
        with pytest.raises(UsageError, match=r"^There is a snapshot Start already. Delete it first, or choose another"):
            client.save_snapshot(lab.root, name)
    client.load_snapshot(lab.root, "Start")
    assert lab.users() == []


def test_one_that_is_not_there_is_said_with_those_that_are(lab: Kept) -> None:
    with pytest.raises(UsageError, match=r"^There is no snapshot x. Make one: labkit snapshot save NAME.$"):
        client.load_snapshot(lab.root, "x")
    client.save_snapshot(lab.root, "start")
    for act in (lambda: client.load_snapshot(lab.root, "x"), lambda: snapshots.delete(lab.home, "x")):
        with pytest.raises(UsageError, match=r"^There is no snapshot x. There are start.$"):
            act()


def make_newer(snapshot: Snapshot) -> None:
    connection = sqlite3.connect(snapshot.database)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()


def of_a_newer_form(snapshot: Snapshot) -> None:
    path = snapshot.path / "snapshot.json"
    path.write_text(json.dumps({"labkit-snapshot": 2, "version": "9.9.9", "new": 1}))


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


UNUSABLE: dict[str, tuple[Callable[[Snapshot], object], str]] = {
    "a newer schema": (make_newer, "was made by a newer version of labkit"),
    "a newer form": (of_a_newer_form, r"was made by a newer version of labkit \(9.9.9\)"),
    "half a database": (lambda it: half(it.database), "is damaged, and was not loaded: its database cannot be read"),
    "no database": (lambda it: it.database.unlink(), "is damaged, and was not loaded: its database cannot be read"),
    "half a blob": (lambda it: half(it.blobs.path(it.digests[0])), "is damaged, and was not loaded: sha256:"),
    "no blob": (lambda it: it.blobs.path(it.digests[0]).unlink(), "is damaged, and was not loaded: sha256:"),
    "no description": (lambda it: (it.path / "snapshot.json").unlink(), "is damaged. 'labkit snapshot delete start'"),
    "a wrong description": (lambda it: (it.path / "snapshot.json").write_text("[]"), "is damaged"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_one_that_cannot_be_loaded_is_refused_and_the_lab_goes_on(lab: Kept, image: Image, kind: str) -> None:
    spoil, sentence = UNUSABLE[kind]
    lab.push(image)
    made = client.save_snapshot(lab.root, "start")
    lab.add("ann")
    spoil(made)
    with pytest.raises(EmbeddedError, match=rf"^The snapshot start {sentence}"):
        client.load_snapshot(lab.root, "start")
    assert lab.users() == ["ann"]
    assert client.status(lab.root) is not None
    snapshots.delete(lab.home, "start")


class Killed(BaseException):
    """The process ends here."""


STEPS = ("_take_over", "_keep_key", "_replace", "sync_folder")


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_in_the_middle_leaves_the_old_state_or_the_new(
    lab: Kept, image: Image, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = lab.push(image)
    client.save_snapshot(lab.root, "start")
    lab.drop()
    lab.add("ann")

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(fresh, step, die)
        client.load_snapshot(lab.root, "start")
    lab.start()
    assert lab.users() == ([] if step == "sync_folder" else ["ann"])
    if step == "sync_folder":
        assert digest in lab.blobs
    client.load_snapshot(lab.root, "start")
    assert lab.users() == []


@pytest.mark.parametrize("step", ["_settle", "_describe"])
def test_a_crash_while_one_is_made_leaves_none(lab: Kept, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(snapshots, "discard", lambda _path: None)  # nothing is cleared away by who is dead
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(snapshots, step, die)
        client.save_snapshot(lab.root, "start")
    assert snapshots.listed(lab.home) == [] and list(lab.home.snapshots.iterdir()) != []
    monkeypatch.undo()
    client.stop(lab.root)
    lab.start()
    assert list(lab.home.snapshots.iterdir()) == []


def test_a_state_that_is_damaged_is_left_behind_by_loading_one(lab: Kept) -> None:
    lab.add("ann")
    client.save_snapshot(lab.root, "start")
    client.stop(lab.root)
    half(lab.home.database)
    with pytest.raises(EmbeddedError, match="is damaged"):
        lab.start()
    client.load_snapshot(lab.root, "start")
    assert lab.users() == ["ann"]


def test_what_is_kept_says_what_is_in_it(lab: Kept, image: Image) -> None:
    lab.push(image)
    made = client.save_snapshot(lab.root, "start")
    [found] = snapshots.listed(lab.home)
    assert found == made
    assert found.contents == {"accounts": 6, "users": 6, "roles": 0, "repositories": 1, "images": 1, "functions": 0}
    assert found.schema == schema.VERSION
    assert found.created.endswith("Z")


def test_a_lab_that_never_ran_is_founded_to_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_RUN_AS", here.IN_PROCESS)
    made = client.save_snapshot(tmp_path / "home", "start")
    client.stop(tmp_path / "home")
    assert made.contents["accounts"] == 6
