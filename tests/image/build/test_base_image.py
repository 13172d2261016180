"""What an image can stand on."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.image.build.base_image import check_base


def test_a_base_of_another_name_is_refused():
    with pytest.raises(UsageError, match="choose public or stand-in"):
        check_base("nonsense")
