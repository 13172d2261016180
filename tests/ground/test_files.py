"""Files that are replaced in one step, what a process leaves that was killed meanwhile, and where sockets go."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from labkit.ground.files import discard, remove_tree, runtime_folder, sweep, write_atomically


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / "state.json"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)
    assert [*tmp_path.iterdir()] == [path]


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = [
        tmp_path / name for name in ("state.json", ".hidden", ".npmrc.backup", "a.0123abcd", ".state.json.0123abcde")
    ]
    for path in kept:
        path.touch()
    with monkeypatch.context() as killed:  # neither the rename nor what follows an error
        for step in ("replace", "unlink"):
            killed.setattr(Path, step, lambda *_, **__: None)
        write_atomically(tmp_path / "state.json", b"new")
    assert len([*tmp_path.iterdir()]) == len(kept) + 1
    sweep(tmp_path)
    assert {*tmp_path.iterdir()} == {*kept}
    sweep(tmp_path / "nowhere")


@pytest.mark.skipif(os.name == "nt", reason="kernels are reached over TCP on Windows")
def test_kernel_sockets_get_a_short_private_folder_where_the_lab_home_has_a_long_name(tmp_path):
    short = Path("/l")
    assert runtime_folder(short) == short / "runtime"
    elsewhere = runtime_folder(tmp_path / ("x" * 100))
    try:
        assert len(str(elsewhere)) < 50
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    finally:
        elsewhere.rmdir()


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    top.mkdir()
    return top


def nest(top: Path, depth: int, name: str) -> None:
    """Make directories in each other, also where the whole path is longer than the system takes one."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, 0o400, dir_fd=here))
    os.close(here)


@pytest.mark.skipif(os.name == "nt", reason="made with the descriptors of directories")
@pytest.mark.parametrize(("depth", "name"), [(1, "d"), (1_500, "d"), (3_000, "a-name-of-some-length")])
def test_a_tree_of_any_depth_is_removed(top: Path, depth: int, name: str):
    nest(top, depth, name)
    remove_tree(top)
    assert not top.exists()


@pytest.mark.skipif(os.name == "nt", reason="made with the descriptors of directories")
def test_a_deep_tree_is_removed_where_directories_cannot_be_moved(top: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: str) -> None:
        raise OSError(errno.EXDEV, "as overlayfs says it")

    nest(top, 400, "d")
    monkeypatch.setattr(os, "rename", refused)
    remove_tree(top)
    assert not top.exists()


def test_a_deep_tree_takes_neither_stack_nor_open_files(top: Path):
    nest(top, 1_200, "d")
    before, size = threading.stack_size(), 1 << 18
    threading.stack_size(size)
    try:
        thread = threading.Thread(target=remove_tree, args=(top,))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert not top.exists()


def test_links_are_removed_and_what_they_mean_stays(top: Path, tmp_path: Path):
    kept = tmp_path / "kept"
    (kept / "folder").mkdir(parents=True)
    (kept / "folder" / "file").write_text("kept")
    (top / "inner").mkdir()
    for link in (top / "to-folder", top / "inner" / "to-folder", tmp_path / "to-kept"):
        link.symlink_to(kept / "folder", target_is_directory=True)
    (top / "inner" / "to-nothing").symlink_to("nowhere")
    remove_tree(tmp_path / "to-kept")
    remove_tree(top)
    assert {path.name for path in tmp_path.iterdir()} == {"kept"}
    assert (kept / "folder" / "file").read_text() == "kept"


def test_read_only_directories_and_files_are_removed(top: Path):
    inner = top / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch(0o400)
    for directory in (inner, inner.parent, top):
        directory.chmod(0o500)
    remove_tree(top)
    assert not top.exists()


def test_a_file_is_removed_and_what_is_not_there_is_no_error(top: Path):
    (top / "file").touch()
    remove_tree(top / "file")
    remove_tree(top / "file")
    remove_tree(top / "nowhere" / "file")
    assert [*top.iterdir()] == []


def test_what_cannot_be_removed_stays_the_rest_goes_and_the_log_says_so(
    top: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    for path in (top / "a" / "b" / "gone", top / "a" / "stubborn", top / "z"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    unlink = os.unlink

    def refused(path: str) -> None:
        if path.endswith("stubborn"):
            raise OSError(errno.EBUSY, "Device or resource busy", path)
        unlink(path)

    with monkeypatch.context() as busy:
        busy.setattr(os, "unlink", refused)
        with pytest.raises(OSError, match="busy"):
            remove_tree(top)
        discard(top)
    assert [path.relative_to(top).as_posix() for path in sorted(top.rglob("*"))] == ["a", "a/stubborn"]
    assert [record.getMessage().startswith(f"{top} could not be removed") for record in caplog.records] == [True]
