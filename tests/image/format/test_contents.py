"""What is where in an image: names from the layers' headers, whiteouts applied."""

import tarfile

from labkit.image.format.contents import contents
from tests.image.archives import tar

DIRECTORY, FILE, LINK = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE


def test_every_path_has_its_type_with_and_without_a_leading_dot():
    layer = tar(("./var", DIRECTORY, ""), ("./var/task", DIRECTORY, ""), ("etc/x", b"x"), ("/bin", LINK, "usr/bin"))
    assert contents([layer]) == {"etc": DIRECTORY, "var": DIRECTORY, "var/task": DIRECTORY, "etc/x": FILE, "bin": LINK}


def test_directories_that_no_layer_lists_are_there_but_links_stay_links():
    lower, upper = tar(("lib", LINK, "usr/lib")), tar(("lib/new", b""), ("opt/a/b", b""))
    tree = contents([lower, upper])
    assert (tree["lib"], tree["opt"], tree["opt/a"]) == (LINK, DIRECTORY, DIRECTORY)


def test_a_whiteout_hides_what_is_below_it_in_lower_layers_only():
    lower = tar(("opt/old/file", b""), ("opt/older", b""))
    upper = tar(("opt/.wh.old", b""), ("opt/old/new", b""))
    assert contents([lower, upper]) == {"opt": DIRECTORY, "opt/old": DIRECTORY, "opt/older": FILE, "opt/old/new": FILE}


def test_an_opaque_marker_hides_what_is_in_its_directory_but_not_the_directory():
    lower = tar(("opt", DIRECTORY, ""), ("opt/a/b", b""), ("other", b""))
    assert contents([lower, tar(("opt/.wh..wh..opq", b""))]) == {"opt": DIRECTORY, "other": FILE}
    assert contents([lower, tar((".wh..wh..opq", b""), ("new", b""))]) == {"new": FILE}


def test_a_name_that_leads_upwards_stays_inside():
    assert contents([tar(("../../etc/passwd", b""))]) == {"etc": DIRECTORY, "etc/passwd": FILE}
