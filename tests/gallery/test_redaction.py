"""Redaction: no original remains, and no two originals get one stand-in."""

from __future__ import annotations

import re
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.diagnosis.redaction import strings
from labkit.gallery.redaction import redactor_of_the_lab

ACCOUNT = "813835382529"
REGISTRY = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/lambda-same-account"


def redacted(*texts, **known):
    redactor = redactor_of_the_lab(texts, **known)
    return [redactor.text(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (REGISTRY, ACCOUNT),
        (f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1", ACCOUNT),
        (f'<a href="#Account%20{ACCOUNT}">', ACCOUNT),
        ("not '8138-3538-2529'. Write it without dashes", "8138-3538-2529"),
        ("o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/*", "lab1"),
        ("o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/*", "lambdaecrlab"),
        ("o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/*", "production"),
        ("arn:aws:organizations::111:policy/o-a1b2c3d4e5/service_control_policy/p-1a2b3c4d", "1a2b3c4d"),
        (f"User: arn:aws:iam::{ACCOUNT}:user/people/jane.doe is not authorized", "jane.doe"),
        (f"arn:aws:iam::{ACCOUNT}:user/people/jane.doe; aws:username is jane.doe, the policy wants bob", "jane.doe"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admins_0123456789abcdef/jane@corp.com", "Admins"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/jane@corp.com", "jane"),
        (f"arn:aws:iam::{ACCOUNT}:policy/CompanyBoundary", "CompanyBoundary"),
        ("The identity-based policy allows it by statement 12 of CompanyAdmins.", "CompanyAdmins"),
        ("There is no AWS profile 'company-shared'.", "company-shared"),
        ("There is no AWS profile &#x27;company-shared&#x27;.", "company-shared"),
        ("aws configure set region eu-central-1 --profile company-shared", "company-shared"),
        ("mail to jane.doe@corp.example.org", "corp"),
        ("AKIAIOSFODNN7ABCDEFG", "IOSFODNN7ABCDEFG"),
        ("aws:userid is AROAABCDEFGHIJKLMNOP:jane", "jane"),
        ("(Service: Lambda, Request ID: 1a2b3c4d-1234-1234-1234-123456789012)", "1a2b3c4d"),
        ("https://vpce-0123456789abcdef0-abcdefgh.sts.eu-central-1.vpce.amazonaws.com", "0123456789abcdef0"),
        ('Could not connect to the endpoint URL: "https://aws.corp.example/"', "corp"),
        ("Could not connect to the endpoint URL: &quot;https://aws.corp.example/&quot;", "corp"),
        ("aws:SourceIp is 203.0.113.7, the policy wants 198.51.100.0/24", "203.0.113.7"),
        ("its log is /home/jane/lab/.labkit/embedded/server.log", "jane"),
    ],
)
def test_what_a_writer_must_not_publish_is_gone(text, gone):
    [after] = redacted(text)
    assert gone in text
    assert gone not in after


@pytest.mark.parametrize(
    "text",
    [
        "sha256:4caa3b653b2ca813835382529ad8acc9ca5f8ad14727f376cf98b31976c0b703",
        "4caa3b653b2ca813835382529ad8acc9ca5f8ad14727f376cf98b31976c0b703",
        '<img src="data:image/png;base64,iVBORw0KGgo/813835382529+AAAA">',
        "Python3.12.1 (main, May  9 2026, 07:36:11) [GCC 12.2.0]!",
        "arn:aws:iam::aws:policy/AWSLambda_FullAccess, arn:aws:iam::*:role/aws-service-role/x/AWSServiceRoleForLambda",
        "arn:aws:iam::aws:policy/AWSLambda_FullAccess, lambda.amazonaws.com, http://127.0.0.1:PORT",
        "LambdaRoleWithoutPermissions in eu-central-1, lambda-same-account:0.0.1, 2012-10-17, 1234567890123",
        "<p class='labkit-view'>pro-organization ou- o-… r-… ou-…/*</p>",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text):
    assert redacted(text) == [text]


def test_the_labs_own_names_stay_beside_redacted_numbers():
    [after] = redacted(f"arn:aws:sts::{ACCOUNT}:assumed-role/LimitedLambdaRole/Test, arn:aws:iam::{ACCOUNT}:user/admin")
    assert (
        after == "arn:aws:sts::111111111111:assumed-role/LimitedLambdaRole/Test, arn:aws:iam::111111111111:user/admin"
    )


def test_the_same_original_gets_the_same_stand_in_in_every_text_and_spelling():
    first, second = redacted(f"{REGISTRY} and 8138-3538-2529", f"owner {ACCOUNT}")
    assert "111111111111" in first
    assert "1111-1111-1111" in first
    assert second == "owner 111111111111"


def test_the_labs_accounts_get_the_first_numbers_in_their_order():
    assert redacted("592444418872 813835382529", accounts=["813835382529", "592444418872"]) == [
        "222222222222 111111111111"
    ]


def test_a_profile_that_is_known_is_replaced_in_any_sentence():
    assert redacted("Sign in to corp-shared again.", profiles=["corp-shared"]) == ["Sign in to profile-1 again."]


def test_a_number_that_stands_in_the_texts_is_never_given_out_as_a_stand_in():
    [after] = redacted("813835382529 111111111111")
    assert after == "222222222222 333333333333"


def test_names_are_replaced_in_texts_and_not_in_the_words_of_html():
    text = '<code class="code">code</code> &quot;code&quot; arn:aws:iam::813835382529:user/code'
    assert redactor_of_the_lab([text]).html(text) == (
        '<code class="code">user-1</code> &quot;user-1&quot; arn:aws:iam::111111111111:user/user-1'
    )


def test_json_data_keeps_its_shape():
    data = [{"as": f"arn:aws:iam::{ACCOUNT}:user/jane", "ok": True, "policy": None, "status": 200, ACCOUNT: [ACCOUNT]}]
    redactor = redactor_of_the_lab(strings(data))
    assert redactor.data(data) == [
        {
            "as": "arn:aws:iam::111111111111:user/user-1",
            "ok": True,
            "policy": None,
            "status": 200,
            "111111111111": ["111111111111"],
        }
    ]


ACCOUNTS = st.text(digits, min_size=12, max_size=12)
ORGANIZATIONS = st.text(ascii_lowercase + digits, min_size=10, max_size=32)
ROOTS = st.text(ascii_lowercase + digits, min_size=4, max_size=32)
UNITS = st.text(ascii_lowercase + digits, min_size=8, max_size=32)
FORMS = (
    ("account", ACCOUNTS, "arn:aws:iam::{}:root"),
    ("account", ACCOUNTS, "<td>{}.dkr.ecr.eu-central-1.amazonaws.com/x:1</td>"),
    ("account", ACCOUNTS, "({})"),
    ("organization", ORGANIZATIONS, "<code>o-{}</code>"),
    ("root", ROOTS, "/r-{}/"),
    ("unit", UNITS, "/ou-abcd-{}/*"),
)


@given(st.lists(st.sampled_from(FORMS).flatmap(lambda form: st.tuples(st.just(form), form[1])), max_size=30))
def test_no_original_remains_and_the_mapping_is_injective(drawn):
    texts = [form.format(value) for (_kind, _values, form), value in drawn]
    redactor = redactor_of_the_lab(texts)
    after = [redactor.text(text) for text in texts]
    for kind in redactor.mapping:
        pairs = redactor.mapping[kind]
        assert len(set(pairs.values())) == len(pairs)
        assert not set(pairs.values()) & set(pairs)
    for ((kind, _values, form), value), text in zip(drawn, after, strict=True):
        assert text == form.replace("abcd", redactor.mapping["root"]["abcd"] if kind == "unit" else "").format(
            redactor.mapping[kind][value]
        )


@given(st.lists(ACCOUNTS, min_size=1, max_size=40), st.text("<>&;:/-. \n", max_size=3))
def test_no_account_number_remains_whatever_stands_around_it(accounts, between):
    text = f"a{between}".join(accounts) if between else " ".join(accounts)
    [after] = redacted(text)
    assert not set(re.findall(r"\d{12}", after)) & set(accounts)
