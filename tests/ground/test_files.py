"""Files that are replaced in one step, what a process leaves that was killed meanwhile, and where sockets go."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from labkit.ground.files import runtime_folder, sweep, write_atomically


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
