"""What a question still needs is asked for with the option that gives it."""

from __future__ import annotations

import pytest

from labkit.diagnosis.pasted import PastedError, missing

IMAGE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1"
CALLER = "arn:aws:sts::592444418872:assumed-role/deployer/me"
FUNCTION = "arn:aws:lambda:eu-central-1:592444418872:function:orders"


def options(**found):
    return [each.option for each in missing(PastedError(**found))]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({}, ["IMAGE_URI", "--function or --account", "--region", "--caller"]),
        ({"image": IMAGE}, ["--function or --account", "--caller"]),
        ({"image": "app:1"}, ["--function or --account", "--region", "--caller"]),
        ({"image": IMAGE, "function": "orders"}, ["--account, or --function with an ARN", "--caller"]),
        ({"image": IMAGE, "function_account": "592444418872", "caller": CALLER}, ["--function"]),
        (
            {"image": IMAGE, "function": FUNCTION, "function_account": "592444418872", "region": "eu-central-1"},
            ["--caller"],
        ),
        (
            {
                "operation": "restore",
                "function": FUNCTION,
                "function_account": "592444418872",
                "region": "eu-central-1",
            },
            ["--caller"],
        ),
        ({"operation": "restore"}, ["IMAGE_URI", "--function or --account", "--region", "--caller"]),
    ],
)
def test_what_is_missing_is_named_with_its_option(found, wanted):
    assert options(**found) == wanted


def test_an_image_whose_account_a_log_has_blotted_out_is_named():
    [image, *_others] = missing(PastedError(masked=("***.dkr.ecr.eu-central-1.amazonaws.com/app:1",)))
    assert "its account is blotted out in ***.dkr.ecr.eu-central-1.amazonaws.com/app:1" in str(image)


def test_nothing_is_asked_for_an_error_of_another_puller():
    from labkit.diagnosis.pasted.pullers import PULLERS

    assert missing(PastedError(puller=PULLERS[0])) == ()
