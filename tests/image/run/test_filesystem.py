import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.image.format.archive import members
from labkit.image.format.errors import ImageTooLarge, LayerError
from labkit.image.run.filesystem import inside, unpack
from tests.image.archives import tar

DIR, LINK, HARD, DEVICE, FIFO = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE


def tree(root):
    """Return everything below ``root``: files with content, links with target, directories with None."""
    return {
        path.relative_to(root).as_posix(): path.readlink().as_posix()
        if path.is_symlink()
        else None
        if path.is_dir()
        else path.read_bytes()
        for path in root.rglob("*")
    }


@pytest.fixture
def unpacked(tmp_path):
    def run(*layers, **options):
        unpack(layers, tmp_path / "root", **options)
        return tree(tmp_path / "root")

    return run


def test_later_layers_replace_files_of_earlier_ones_gzipped_or_not(unpacked):
    assert unpacked(tar(("a/b", b"1"), ("c", b"1")), gzip.compress(tar(("a/b", b"2")))) == {
        "a": None,
        "a/b": b"2",
        "c": b"1",
    }


def test_a_layer_can_be_a_file(tmp_path, unpacked):
    (tmp_path / "layer").write_bytes(tar(("a", b"1")))
    assert unpacked(tmp_path / "layer") == {"a": b"1"}


def test_a_whiteout_removes_what_lower_layers_brought(unpacked):
    lower = tar(("a/x", b"1"), ("a/y", b"1"), ("b/z", b"1"))
    assert unpacked(lower, tar(("a/.wh.x", b""), (".wh.b", b""))) == {"a": None, "a/y": b"1"}


def test_a_whiteout_spares_what_its_own_layer_brings_in_any_order(unpacked):
    lower = tar(("a/x", b"1"), ("a/y", b"1"))
    assert unpacked(lower, tar(("a/new", b"2"), (".wh.a", b""))) == {"a": None, "a/new": b"2"}


@pytest.mark.parametrize("first", [True, False])
def test_an_opaque_directory_shows_only_its_own_layer(unpacked, first):
    entries = [("a/.wh..wh..opq", b""), ("a/new", b"2")]
    lower = tar(("a/x", b"1"), ("a/d/y", b"1"), ("keep", b"1"))
    assert unpacked(lower, tar(*(entries if first else entries[::-1]))) == {"a": None, "a/new": b"2", "keep": b"1"}


def test_a_whiteout_never_names_its_own_directory_or_the_one_above(unpacked):
    assert unpacked(tar(("a/x", b"1")), tar(("a/.wh...", b""), ("a/.wh..", b""), ("a/.wh.", b""))) == {
        "a": None,
        "a/x": b"1",
    }


def test_directories_give_way_to_files_and_files_to_directories(unpacked):
    assert unpacked(tar(("a/x", b"1"), ("b", b"1")), tar(("a", b"2"), ("b", DIR, ""))) == {"a": b"2", "b": None}


def test_a_directory_named_again_keeps_its_contents(unpacked):
    assert unpacked(tar(("a/x", b"1")), tar(("a", DIR, ""))) == {"a": None, "a/x": b"1"}


def test_a_link_inside_works_and_later_layers_write_through_it_as_in_a_container(unpacked, tmp_path):
    found = unpacked(tar(("usr/lib", DIR, ""), ("lib", LINK, "/usr/lib")), tar(("lib/x", b"1")))
    assert (found["lib"], found["usr/lib/x"]) == ("usr/lib", b"1")
    assert (tmp_path / "root/lib/x").read_bytes() == b"1"


@pytest.mark.parametrize("target", ["/etc", "../../../../../../etc", "../etc", "/../../etc"])
def test_a_link_cannot_lead_out(unpacked, tmp_path, target):
    assert unpacked(tar(("a/link", LINK, target), ("a/link/x", b"1")))["etc/x"] == b"1"
    assert (tmp_path / "root/a/link").resolve() == (tmp_path / "root/etc").resolve()


def test_a_file_is_never_written_through_a_link_that_stands_in_its_place(unpacked):
    assert unpacked(tar(("target", b"1"), ("x", LINK, "target")), tar(("x", b"2"))) == {"target": b"1", "x": b"2"}


def test_links_in_a_circle_are_refused(unpacked):
    with pytest.raises(LayerError, match="Too many symbolic links"):
        unpacked(tar(("a", LINK, "b"), ("b", LINK, "a"), ("a/x", b"1")))


def test_a_hard_link_shares_the_file_and_stays_inside(unpacked):
    assert unpacked(tar(("a", b"1"), ("b/c", HARD, "a"), ("a", HARD, "a"))) == {"a": b"1", "b": None, "b/c": b"1"}


@pytest.mark.parametrize(
    "layer",
    [
        tar(("../x", b"1")),
        tar(("a/../../x", b"1")),
        tar(("b", HARD, "../../../etc/passwd")),
        tar(("l", LINK, "x"), ("b", HARD, "l")),
        tar(("b", HARD, "none")),
        tar(("b", LINK, "")),
    ],
)
def test_names_that_leave_the_image_are_refused(unpacked, tmp_path, layer):
    with pytest.raises(LayerError):
        unpacked(layer)
    assert {path.name for path in tmp_path.iterdir()} <= {"root"}


def test_absolute_names_are_names_below_the_root(unpacked):
    assert unpacked(tar(("/etc/x", b"1"), ("./y", b"1"), ("./", DIR, ""))) == {"etc": None, "etc/x": b"1", "y": b"1"}


def test_devices_and_pipes_are_left_out(unpacked):
    assert unpacked(tar(("null", DEVICE, ""), ("pipe", FIFO, ""), ("a", b"1"))) == {"a": b"1"}


def test_long_and_foreign_names_of_both_tar_dialects_are_kept(unpacked):
    name = "ü" * 60 + "/" + "n" * 120
    for format in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=format, pax_headers={"comment": "x"}) as archive:
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"1"))
        assert unpacked(out.getvalue())[name] == b"1"


def test_modes_keep_the_executable_bit_but_no_set_uid_and_stay_removable(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, mode, type in (("d", 0o555, DIR), ("d/x", 0o4555, tarfile.REGTYPE)):
            info = tarfile.TarInfo(name)
            info.mode, info.type = mode, type
            archive.addfile(info)
    unpack([out.getvalue()], tmp_path)
    assert ((tmp_path / "d").stat().st_mode & 0o7777, (tmp_path / "d/x").stat().st_mode & 0o7777) == (0o755, 0o755)


def test_more_bytes_than_the_limit_are_refused_over_all_layers(unpacked):
    layers = [tar(("a", b"x" * 600)), tar(("b", b"x" * 500))]
    with pytest.raises(ImageTooLarge, match="more than 1000 bytes") as caught:
        unpacked(*layers, limit=1000)
    assert caught.value.limit == 1000
    assert unpacked(*layers, limit=1100)["b"] == b"x" * 500


def test_zstd_is_named_as_what_the_lab_cannot_read(unpacked):
    with pytest.raises(LayerError, match="zstd"):
        unpacked(b"\x28\xb5\x2f\xfd" + bytes(100))


def test_an_extended_header_cannot_fill_the_memory(unpacked):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    with pytest.raises(LayerError, match="extended header"):
        unpacked(info.tobuf(tarfile.GNU_FORMAT))


LAYER = tar(("a/b", b"1" * 2000), ("link", LINK, "a/b"))


@given(st.integers(0, len(LAYER) - 1), st.integers(0, 255), st.booleans())
def test_damage_is_a_layer_error_or_harmless_but_never_another_exception(tmp_path_factory, at, value, packed):
    broken = LAYER[:at] + bytes([value]) + LAYER[at + 1 :]
    blob = gzip.compress(broken, 1)[: -(value or 1)] if packed else broken
    try:
        unpack([blob], tmp_path_factory.mktemp("damage") / "root")
    except LayerError as error:
        assert str(error)


def test_a_layer_that_ends_in_the_middle_is_damaged(unpacked):
    for layer in (LAYER[:1000], gzip.compress(LAYER)[:40]):
        with pytest.raises(LayerError, match="damaged"):
            unpacked(layer)


PARTS = st.sampled_from(["a", "b", "..", ".", "", "/", ".wh.a", ".wh..wh..opq", "/outside"])
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
ENTRIES = st.tuples(NAMES, st.just(b"x")) | st.tuples(NAMES, st.sampled_from([DIR, LINK, HARD]), NAMES)


@given(st.lists(st.lists(ENTRIES, max_size=6), max_size=3))
def test_whatever_the_layers_say_nothing_appears_outside_and_no_path_leads_there(tmp_path_factory, layers):
    home = tmp_path_factory.mktemp("hostile")
    outside, root = home / "outside", home / "root"
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept")
    with contextlib.suppress(LayerError):
        unpack([tar(*entries) for entries in layers], root)
    assert {path.name for path in home.iterdir()} <= {"outside", "root"}
    assert tree(outside) == {"kept": b"kept"}
    for path in root.rglob("*"):
        if path.exists():
            assert path.resolve().is_relative_to(root)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3), st.sets(st.sampled_from("abc")))
def test_layers_with_whiteouts_say_the_same_as_a_dictionary(tmp_path_factory, names, removed):
    root = tmp_path_factory.mktemp("layers") / "root"
    unpack(
        [tar(*((name, name.encode()) for name in names)), tar(*((f".wh.{name}", b"") for name in sorted(removed)))],
        root,
    )
    assert tree(root) == {name: name.encode() for name in set(names) - removed}


def test_a_path_of_the_image_is_found_below_the_root_with_its_links(tmp_path):
    unpack([tar(("var/task", LINK, "/opt/app"), ("opt/app/x", b"1"))], tmp_path)
    assert inside(tmp_path, "/var/task/x") == tmp_path.resolve() / "opt/app/x"
    assert inside(tmp_path, "/../../etc") == tmp_path.resolve() / "etc"


def test_content_is_read_in_pieces():
    layer = io.BytesIO(tar(("a", b"x" * 200_000)))
    assert [len(piece) for member in members(layer) for piece in member.chunks()] == [65536, 65536, 65536, 3392]
