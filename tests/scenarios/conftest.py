"""The lab of the tests of `labkit.lab`, with an embedded AWS of this folder's own."""

from tests.lab.conftest import image, lab, profiles, running  # noqa: F401 - fixtures
