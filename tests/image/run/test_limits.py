"""What hostile layers may ask for: time in proportion to their entries, and no more than a limit of anything."""

from __future__ import annotations

import errno
import gzip
import io
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from labkit.ground.files import remove_tree
from labkit.image.format.archive import members
from labkit.image.format.errors import DiskError, ImageTooComplex, ImageTooLarge, LayerError
from labkit.image.run import filesystem, limits
from labkit.image.run.filesystem import unpack
from tests.image.archives import tar

DIR, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
MANY = 60


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "root"
    remove_tree(tmp_path / "root")


def files(count: int, folder: str = "d") -> list[tuple[str, bytes]]:
    return [(f"{folder}/{n}", b"") for n in range(count)]


LAYERS: dict[str, Callable[[int], list[bytes]]] = {
    "many files in one directory": lambda n: [tar(*files(n))],
    "many hard links to one file": lambda n: [tar(("a", b"1"), *((f"d/{each}", HARD, "a") for each in range(n)))],
    "many links": lambda n: [tar(*((f"d/{each}", LINK, "../x/y") for each in range(n)))],
    "a whiteout for every file below": lambda n: [tar(*files(n)), tar(*((f"d/.wh.{each}", b"") for each in range(n)))],
    "one directory made opaque again and again": lambda n: [tar(*files(n), *[("d/.wh..wh..opq", b"")] * n)],
    "one directory whited out again and again": lambda n: [tar(*files(n), *[(".wh.d", b"")] * n)],
    "each directory of a chain made opaque, and again": lambda n: [
        tar(*((f"{'d/' * depth}.wh..wh..opq", b"") for _ in range(n) for depth in (9, 4, 1, 5)))
    ],
    "one file written again and again": lambda n: [tar(*[("a", b"1")] * n)],
    "files through a link": lambda n: [tar(("l", LINK, "d/e"), *files(n, "l"))],
}


def calls_of(work: Callable[[], object]) -> int:
    """How many calls of functions, Python's own too, some work takes."""
    count = 0

    def seen(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", LAYERS)
def test_the_work_grows_as_the_entries_do(kind: str, root: Path):
    unpack(LAYERS[kind](1), root / "first")  # what is done only once
    few, many = (
        calls_of(lambda n=n: unpack(LAYERS[kind](n), root / str(n))) - calls_of(lambda n=n: LAYERS[kind](n))
        for n in (MANY, 2 * MANY)
    )
    assert many < 2.5 * few


def header(kind: bytes, body: bytes) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, len(body)
    return info.tobuf(tarfile.GNU_FORMAT) + body + bytes(-len(body) % 512)


def record(key: str, value: str) -> bytes:
    length = len(f" {key}={value}\n")
    length += len(str(length + len(str(length))))
    return f"{length} {key}={value}\n".encode()


def test_a_header_of_a_mebibyte_of_records_is_read_in_one_go(root: Path):
    body = record("k", "") * 170_000 + record("path", "found")
    unpack([header(tarfile.XHDTYPE, body[-(1 << 20) + 2 :]) + tar(("lost", b"1"))], root)
    assert [path.name for path in root.iterdir()] == ["found"]


def test_records_that_place_no_file_are_not_kept():
    body = b"".join(record(f"SCHILY.xattr.user.{n}", "x" * 100) for n in range(1000))
    layer = header(tarfile.XHDTYPE, body) * 20 + tar(("a", b"1"))
    (member,) = members(io.BytesIO(layer))
    assert (member.info.name, member.info.pax_headers) == ("a", {})


@pytest.mark.parametrize("body", [b"123456789 path=x\n", b"x path=y\n", b"99 path=x\n", b"path", b"3 \n"])
def test_a_record_of_a_wrong_length_is_damage(root: Path, body: bytes):
    with pytest.raises(LayerError, match="damaged"):
        unpack([header(tarfile.XHDTYPE, body) + tar(("a", b"1"))], root)


def deep(depth: int, name: str = "d") -> bytes:
    return tar(("/".join([name] * depth) + "/file", b"1"))


def test_what_lies_as_deep_as_the_limit_is_unpacked_and_nothing_deeper(root: Path):
    unpack([deep(limits.DEPTH)], root / "as-deep")
    for layer in (
        deep(limits.DEPTH + 1),
        deep(1_000),
        deep(100_000),
        tar(("a", b"1"), ("b", HARD, "d/" * 1_000 + "x")),
        tar(("d/" * 1_000, DIR, "")),
    ):
        with pytest.raises(ImageTooComplex, match="more than 256 directories"):
            unpack([layer], root / "deeper")


def test_links_do_not_help_to_get_deeper(root: Path):
    half = "/".join("d" * (limits.DEPTH // 2))
    with pytest.raises(ImageTooComplex, match="more than 256 directories"):
        unpack([tar((half, DIR, ""), ("l", LINK, half), (f"l/{half}/d/file", b"1"))], root)


def test_a_name_that_goes_up_and_down_for_ever_is_refused(root: Path):
    root.mkdir()
    filesystem.inside(root, "/" + "d/../" * 1_000 + "x")
    with pytest.raises(LayerError, match="Too many symbolic links"):
        filesystem.inside(root, "/" + "d/../" * 100_000 + "x")


def test_more_entries_than_the_limit_are_refused_over_all_layers_whatever_they_are(root: Path):
    layers = [tar(*files(5)), tar(("d/.wh.0", b""), ("null", tarfile.CHRTYPE, ""))]
    unpack(layers, root / "as-many", entries=8)
    with pytest.raises(ImageTooComplex, match="more than 7 entries"):
        unpack(layers, root / "more", entries=7)


def test_directories_that_a_name_only_implies_count_as_entries(root: Path):
    unpack([tar(("a/b/c/d", b"1"))], root / "as-many", entries=4)
    with pytest.raises(ImageTooComplex, match="more than 3 entries"):
        unpack([tar(("a/b/c/d", b"1"))], root / "more", entries=3)


def test_a_file_beyond_the_limit_is_refused_by_its_header_before_anything_is_written(root: Path):
    info = tarfile.TarInfo("bomb")
    info.size = 11 * 1024**3
    with pytest.raises(ImageTooLarge):
        unpack([gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))], root)
    assert [*root.iterdir()] == []


@pytest.mark.parametrize("name", ["d/.wh.x", "pipe"])
def test_content_that_nobody_writes_counts_too(root: Path, name: str):
    info = tarfile.TarInfo(name)
    info.size, info.type = 2000, b"V" if name == "pipe" else tarfile.REGTYPE
    layer = info.tobuf(tarfile.GNU_FORMAT) + bytes(2048)
    with pytest.raises(ImageTooLarge):
        unpack([layer], root, limit=1000)


def test_headers_without_end_are_refused(root: Path):
    layer = header(tarfile.XHDTYPE, record("k", "x" * 2000)) * 100 + tar(("a", b"1"))
    with pytest.raises(ImageTooLarge):
        unpack([layer], root, limit=1000, entries=10)
    unpack([layer], root, limit=1000, entries=150)


@pytest.mark.parametrize(("room", "size"), [(0, 1), (5_000_000, 5_000_001)])
def test_an_image_for_which_the_disk_has_no_room_stops_before_it_is_written(
    root: Path, monkeypatch: pytest.MonkeyPatch, room: int, size: int
):
    monkeypatch.setattr(limits, "free", lambda _folder: room)
    with pytest.raises(DiskError, match="does not fit on the disk"):
        unpack([tar(("big", bytes(size)))], root)
    assert [*root.iterdir()] == []


def test_many_small_files_are_noticed_when_the_disk_fills_up(root: Path, monkeypatch: pytest.MonkeyPatch):
    left = iter([10_000_000] * 3)
    monkeypatch.setattr(limits, "free", lambda _folder: next(left, 0))
    with pytest.raises(DiskError):
        unpack([tar(*((f"d/{n}", bytes(100_000)) for n in range(100)))], root)
    assert len([*(root / "d").iterdir()]) < 60


@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EIO, "the disk fails")]
)
def test_a_disk_that_fails_is_not_the_layers_fault(root: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str):
    def fails(*_args: object, **_options: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(Path, "open", fails)
    with pytest.raises(DiskError, match=says):
        unpack([tar(("a", b"1"))], root)


def test_a_reserve_stays_free_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Disk:
        free, total = 300 * 1024**2, 1024**4

    monkeypatch.setattr(limits.shutil, "disk_usage", lambda _folder: Disk)
    assert limits.free(tmp_path) == 44 * 1024**2
    Disk.total = 1024**3
    assert limits.free(tmp_path) == 300 * 1024**2 - 1024**3 // 20
