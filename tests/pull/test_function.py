"""Which function is meant: what is a name of one, and what is not."""

from __future__ import annotations

import pytest

from labkit.pull.function import FunctionRef, InvalidFunctionName, QualifiersDiffer

HERE = {"account": "813835382529", "region": "eu-central-1"}
ARN = "arn:aws:lambda:eu-central-1:813835382529:function:f"


@pytest.mark.parametrize("text", ["f", "813835382529:function:f", ARN])
@pytest.mark.parametrize("qualifier", [None, "$LATEST", "1", "prod"])
def test_every_form_is_read_to_the_same_function(text, qualifier):
    wanted = FunctionRef(**HERE, name="f", qualifier=qualifier)
    assert FunctionRef.parse(text, qualifier, **HERE) == wanted
    assert FunctionRef.parse(f"{text}:{qualifier}" if qualifier else text, **HERE) == wanted
    assert FunctionRef.parse(wanted.arn) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f ",
        "f\n",
        "f:",
        "f:1:2",
        "f:$latest",
        "f" * 65,
        "٣:function:f",
        ARN.replace("function:", "function/"),
        ARN.replace("aws", "aws-cn"),
        ARN.replace("lambda", "ecr"),
        ARN.replace("8138", "x138"),
        f"{ARN}:1:2",
    ],
)
def test_what_names_no_function_is_refused(text):
    with pytest.raises(InvalidFunctionName):
        FunctionRef.parse(text, **HERE)


@pytest.mark.parametrize("qualifier", ["*", "a:b", "1\n", "\ud800", "a?"])
def test_what_is_no_qualifier_is_refused(qualifier):
    with pytest.raises(InvalidFunctionName):
        FunctionRef.parse("f", qualifier, **HERE)


def test_two_qualifiers_must_be_one():
    with pytest.raises(QualifiersDiffer):
        FunctionRef.parse("f:1", "2", **HERE)
    assert FunctionRef.parse("f:1", "1", **HERE).qualifier == "1"


def test_without_an_account_and_a_region_only_an_arn_will_do():
    assert FunctionRef.parse(ARN).account == "813835382529"
    with pytest.raises(InvalidFunctionName):
        FunctionRef.parse("f")
