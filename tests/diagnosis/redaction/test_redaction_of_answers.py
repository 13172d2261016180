"""An answer about somebody's own accounts: none of their names remains, and it can still be read."""

from __future__ import annotations

import html
import json
import re
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.diagnosis.redaction import Redactor, strings

OWNER, PEER = "813835382529", "592444418872"
REPOSITORY = "team/orders-image"
ROLE = f"arn:aws:iam::{PEER}:role/shop/deployer-of-orders"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OrdersTeamMayPull",
            "Effect": "Allow",
            "Principal": {"AWS": ROLE, "Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {"StringLike": {"aws:SourceArn": f"arn:aws:lambda:eu-central-1:{PEER}:function:orders-api"}},
        }
    ],
}
ANSWER = {
    "question": {
        "operation": "create",
        "image": f"{OWNER}.dkr.ecr.eu-central-1.amazonaws.com/{REPOSITORY}:0.0.1",
        "function": f"arn:aws:lambda:eu-central-1:{PEER}:function:orders-api",
        "caller": f"arn:aws:sts::{PEER}:assumed-role/deployer-of-orders/jane.doe",
    },
    "sentence": "Lambda is not allowed to call ecr:BatchGetImage on team/orders-image for orders-api.",
    "causes": [
        {
            "id": "source-arn-mismatch",
            "where": {"account": OWNER, "kind": "repository-policy", "name": REPOSITORY, "sid": "OrdersTeamMayPull"},
            "evidence": [
                "by statement OrdersTeamMayPull: StringLike aws:SourceArn",
                f"jane.doe signed in to {PEER}",
                f"sha256:{'4c' * 32} was pushed by jane.doe@corp.example",
                "p-0a1b2c3d in o-abcdefghij/r-ab12/ou-ab12-11111111/",
            ],
        },
        {"id": "scp", "where": {"account": "", "kind": "scp", "name": "NoForeignImages", "sid": None}},
    ],
    "fix": {"changes": [{"kind": "repository-policy", "account": OWNER, "name": REPOSITORY, "after": POLICY}]},
}
SECRETS = (OWNER, PEER, "orders-image", "deployer-of-orders", "orders-api", "jane", "OrdersTeamMayPull", "corp.example")
SECRETS += ("4c4c4c", "0a1b2c3d", "abcdefghij", "ab12", "NoForeignImages", "shop")
WORDS = ("lambda.amazonaws.com", "ecr:BatchGetImage", "aws:SourceArn", "StringLike", "Allow", "source-arn-mismatch")
WORDS += ("eu-central-1", "2012-10-17", "repository-policy", "Statement", ":0.0.1")


def forms(value):
    """The answer as JSON, as text, and as a page in which marks break its names."""
    text = json.dumps(value, indent=2)
    marked = re.sub(r"(\w\w)(\w)(?=\w)", r"\1<mark>\2</mark>", html.escape(text))
    page = f'<style>b{{}}</style><p title="{html.escape(text)}" class="orders-api">{marked}</p>'
    return text, page


def read_aloud(page):
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", page)) + html.unescape(
        "".join(re.findall(r'title="([^"]*)"', page))
    )


def test_nothing_of_the_accounts_remains_in_json_text_or_html():
    text, page = forms(ANSWER)
    redactor = Redactor([text, page], ANSWER)
    for after in (json.dumps(redactor.data(ANSWER)), redactor.text(text), read_aloud(redactor.html(page))):
        assert [secret for secret in SECRETS if secret in after] == []
        assert [word for word in WORDS if word not in after] == []


def test_text_json_and_html_say_the_same():
    text, page = forms(ANSWER)
    redactor = Redactor([text, page], ANSWER)
    after = redactor.text(text)
    assert json.loads(after) == redactor.data(ANSWER)
    assert read_aloud(redactor.html(page)) == after * 2


def test_each_run_gives_the_same_and_numbers_go_by_appearance():
    first, second = Redactor([], ANSWER), Redactor([], json.loads(json.dumps(ANSWER)))
    assert first.data(ANSWER) == second.data(ANSWER)
    assert next(iter(first.mapping["account"].items())) == (OWNER, "111111111111")


def test_names_that_are_given_need_not_be_recognized():
    redactor = Redactor(["orders waits for stock"], known={"function": ["orders"], "account-name": ["stock"]})
    assert redactor.text("orders waits for stock") == "function-1 waits for account-name-1"


def test_the_style_and_the_classes_of_a_page_stay():
    page = '<style>.orders{color:red}</style><p class="orders" style="orders">orders</p>'
    assert Redactor([page], known={"function": ["orders"]}).html(page) == page.replace(">orders<", ">function-1<")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("arn:aws:iam::813835382529:role/Allow says Allow", "arn:aws:iam::111111111111:role/role-1 says Allow"),
        ('arn:aws:lambda:eu-west-1:*:function:image "image"', 'arn:aws:lambda:eu-west-1:*:function:function-1 "image"'),
        ('{"Sid": "LambdaECRImageRetrievalPolicy"}', '{"Sid": "LambdaECRImageRetrievalPolicy"}'),
        ('{"Sid": "Ours"} by Ours', '{"Sid": "statement-1"} by statement-1'),
        ("arn:aws:iam::813835382529:role/a/b/c c", "arn:aws:iam::111111111111:role/path-1/path-2/role-1 role-1"),
        ("aws lambda create-function --function-name pay", "aws lambda create-function --function-name function-1"),
        ("stack%2Fpay%2F arn:aws:x:y::stack/pay/", "stack%2Fstack-1%2F arn:aws:x:y::stack/stack-1/"),
        ("pay:1 pay.json pay-day :function:pay", "function-1:1 function-1.json pay-day :function:function-1"),
        (
            "orders-api orders :function:orders :function:orders-api",
            "function-2 function-1 :function:function-1 :function:function-2",
        ),
    ],
)
def test_names_are_replaced_where_they_stand_and_words_of_aws_stay(text, after):
    redactor = Redactor([text, ":stack/pay"] if "%2F" in text else [text])
    assert redactor.text(text) == after


NAMES = (
    st.lists(st.text(ascii_lowercase + digits, min_size=3, max_size=9), min_size=1, max_size=3)
    .map("-q".join)
    .map("q{}".format)
)
PLACES = (
    "arn:aws:iam::111122223333:role/{}",
    "arn:aws:iam::111122223333:user/{}",
    "arn:aws:lambda:eu-central-1:111122223333:function:{}",
    "arn:aws:ecr:eu-central-1:111122223333:repository/{}",
    "111122223333.dkr.ecr.eu-central-1.amazonaws.com/{}:1",
    "arn:aws:sts::111122223333:assumed-role/{}/session",
    '{{"Sid": "{}"}}',
)


@given(
    st.lists(st.tuples(NAMES, st.sampled_from(PLACES)), min_size=1, max_size=12),
    st.sampled_from(["{}", "'{}'", "({})", "{}:", "/{}/", "x={}"]),
)
def test_no_name_that_was_recognized_once_remains_anywhere(drawn, form):
    texts = [place.format(name) for name, place in drawn] + [form.format(name) for name, _place in drawn]
    redactor = Redactor(texts)
    for name, _place in drawn:
        assert not any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", redactor.text(text)) for text in texts)
        assert name not in redactor.html(f"<td>{name[:2]}<b>{name[2:]}</b></td>")


@given(
    st.recursive(
        st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )
)
def test_any_data_is_redacted_and_keeps_its_shape(value):
    redactor = Redactor(strings(value), value)
    assert type(redactor.data(value)) is type(value)


@given(st.text(), st.text("<>abp/ ='\"", max_size=30))
def test_any_text_and_any_page_is_redacted(text, page):
    redactor = Redactor([text, page])
    redactor.text(text)
    redactor.html(page + text)
