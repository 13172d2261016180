"""What a handler that runs as a process is kept from, where the system can do so."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from labkit.errors import LabError
from labkit.image.run import confinement
from labkit.image.run.confinement import Confinement, in_words, landlock, private_places

confined = pytest.mark.skipif(not landlock(), reason="this system has no Landlock")

TRIES = """\
import os, pathlib, signal, socket, subprocess, sys, tempfile
def reads(path, context): return pathlib.Path(path).read_text()
def lists(path, context): return os.listdir(path)
def writes(path, context): pathlib.Path(path).write_text("changed")
def removes(path, context): os.unlink(path)
def moves(paths, context): os.rename(*paths)
def links(paths, context): os.link(*paths)
def own(event, context): pathlib.Path(__file__).write_text("changed")
def signals(pid, context): os.kill(pid, signal.SIGCONT)
def environment(pid, context): return pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode("latin-1")
def child(path, context): return subprocess.run(["cat", path], capture_output=True, text=True).stderr
def scratch(event, context):
    for folder in (tempfile.gettempdir(), "/dev"):
        with open(os.path.join(folder, "null"), "w") as file:
            file.write("something")
    return sorted(os.listdir(tempfile.gettempdir()))
def opens(paths, context):
    found = {}
    for path in paths:
        try:
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
            found[path] = "open"
        except OSError as error:
            found[path] = type(error).__name__
    return found
def imports(event, context):
    import awslambdaric, ssl, sqlite3, zoneinfo
    return ssl.create_default_context().verify_mode.name
"""


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A place that is hidden, with a secret and another function's code."""
    place = tmp_path / "private"
    place.mkdir()
    (place / "credentials").write_text("secret")
    return place


@pytest.fixture
def tried(sandbox, private, tmp_path):
    """Run one handler of `TRIES` with its event; answers what came of it, or the name of the error.

    The function's code lies within what is hidden, as it does in the lab home.
    """

    def run(handler: str, event: object) -> object:
        result = sandbox(TRIES, f"code.{handler}", hidden=(private, tmp_path / "root"), timeout=60).invoke(
            json.dumps(event).encode()
        )
        answer = json.loads(result.payload)
        return answer["errorType"] if result.function_error else answer

    return run


@confined
@pytest.mark.parametrize("handler", ["reads", "writes", "removes"])
def test_a_handler_does_not_reach_what_is_hidden(tried, private: Path, handler: str) -> None:
    assert tried(handler, str(private / "credentials")) == "PermissionError"
    assert (private / "credentials").read_text() == "secret"


@confined
def test_nor_is_it_listed_moved_or_linked_nor_does_a_child_reach_it(tried, private: Path, tmp_path: Path) -> None:
    secret = str(private / "credentials")
    assert tried("lists", str(private)) == "PermissionError"
    assert tried("moves", [str(private), str(tmp_path / "mine")]) in ("PermissionError", "OSError")
    assert tried("links", [secret, "/tmp/labkit-linked"]) in ("PermissionError", "OSError")
    assert "Permission denied" in str(tried("child", secret))
    assert (private / "credentials").read_text() == "secret"


@confined
def test_its_own_code_is_read_only(tried) -> None:
    assert tried("own", None) == "PermissionError"


@confined
def test_its_directory_for_temporary_files_is_its_own_to_write(tried) -> None:
    assert "null" in tried("scratch", None)  # type: ignore[operator]


@confined
def test_of_the_devices_it_has_those_that_hold_nothing(tried) -> None:
    devices = [str(path) for path in Path("/dev").iterdir() if path.is_block_device() or path.is_char_device()]
    found = tried("opens", [path for path in devices if not Path(path).is_symlink()])
    assert {path for path, came in found.items() if came == "open"} == {
        f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")
    }


@confined
def test_the_interpreter_and_its_libraries_are_there_though_they_may_lie_in_a_home(tried) -> None:
    assert tried("imports", None) == "CERT_REQUIRED"


@confined
@pytest.mark.skipif(landlock() < 6, reason="this Landlock does not keep signals in")
def test_the_lab_cannot_be_signalled(tried) -> None:
    assert tried("signals", os.getpid()) == "PermissionError"


@confined
def test_the_lab_s_environment_cannot_be_read(tried) -> None:
    assert tried("environment", os.getpid()) == "PermissionError"


@confined
def test_with_nothing_hidden_nothing_is_kept_from_a_handler(sandbox, private: Path) -> None:
    result = sandbox(TRIES, "code.reads").invoke(json.dumps(str(private / "credentials")).encode())
    assert json.loads(result.payload) == "secret"


def test_all_but_the_hidden_is_granted_and_nothing_above_it(tmp_path: Path) -> None:
    for name in ("a/b/hidden/deep", "a/b/beside", "a/other", "c"):
        (tmp_path / name).mkdir(parents=True)
    granted = {path for path, _ in Confinement((tmp_path / "a/b/hidden", tmp_path / "a/b/hidden/deep")).rules()}
    real = Path(os.path.realpath(tmp_path))
    assert {str(real / name) for name in ("a/b/beside", "a/other", "c")} <= granted
    assert not {str(real / name) for name in ("a", "a/b", "a/b/hidden", "a/b/hidden/deep")} & granted
    assert os.sep not in granted


def test_a_process_starts_as_it_is_where_there_is_no_landlock(monkeypatch: pytest.MonkeyPatch, private: Path) -> None:
    monkeypatch.setattr(confinement, "landlock", lambda: 0)
    assert Confinement((private,)).start((private / "credentials").read_text) == "secret"
    assert in_words().startswith("not confined")


@confined
def test_what_fails_while_a_process_is_started_fails_for_whoever_asked(private: Path) -> None:
    with pytest.raises(PermissionError):
        Confinement((private,)).start((private / "credentials").read_text)
    assert (private / "credentials").read_text() == "secret", "this thread was not confined"


def open_files() -> list[str]:
    """What this process has open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # of the listing itself
            found.append(str(entry.readlink()))
    return found


@confined
def test_where_the_system_refuses_nothing_is_started_and_nothing_stays_open(
    monkeypatch: pytest.MonkeyPatch, private: Path
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.E2BIG, os.strerror(errno.E2BIG))

    started: list[str] = []
    monkeypatch.setattr(confinement, "_grant", refused)
    with pytest.raises(LabError, match=r"^The handler is not started, since it cannot be confined: Argument list"):
        Confinement((private,)).start(lambda: started.append("started"))
    assert (started, [target for target in open_files() if "landlock" in target]) == ([], [])


@confined
def test_what_has_become_a_link_to_something_hidden_grants_nothing(
    monkeypatch: pytest.MonkeyPatch, private: Path, tmp_path: Path
) -> None:
    (tmp_path / "swapped").symlink_to(private)
    monkeypatch.setattr(Confinement, "rules", lambda _: [(str(tmp_path / "swapped"), confinement._handled())])
    with pytest.raises(PermissionError):
        Confinement((private,)).start((private / "credentials").read_text)


def test_the_lab_home_and_the_user_s_home_are_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "me"))
    assert private_places(tmp_path / "lab") == (tmp_path / "lab", tmp_path / "me")
