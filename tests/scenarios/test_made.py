"""What the lab says it has made, and accounts that go back to their places."""

from __future__ import annotations

from labkit.aws.organizations import ensure_parent, parent
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab
from labkit.scenarios import clean_up, made, prepare, put_accounts_back


def test_what_is_made_is_what_clean_up_removes(lab):
    prepare(lab, "cross-account")
    listed = made(lab)
    assert f"repository lambda-another-account in {lab.registry.account}" in listed
    assert clean_up(lab) == listed
    assert made(lab) == ()


def test_moved_accounts_go_back_to_their_units(lab):
    organizations = lab.actor("management").client("organizations")
    home = parent(organizations, lab.workload.account)
    elsewhere = parent(organizations, lab.actor("development").account)
    assert ensure_parent(organizations, lab.workload.account, elsewhere)
    assert put_accounts_back(lab) == ("workload",)
    assert parent(organizations, lab.workload.account) == home
    assert put_accounts_back(lab) == ()


def test_on_real_accounts_nobody_is_moved(profiles, environment, running):
    names = {name: f"company-{name}" for name in ("registry", "workload", "management")}
    real = Lab.on_profiles(Choices(names["registry"], names["workload"], names["management"]))
    organizations = real.actor("management").client("organizations")
    home = parent(organizations, real.workload.account)
    ensure_parent(organizations, real.workload.account, "r-lab1")
    try:
        assert put_accounts_back(real) == ()
        assert parent(organizations, real.workload.account) == "r-lab1"
    finally:
        ensure_parent(organizations, real.workload.account, home)


def test_two_profiles_are_enough_to_explain_what_does_not_ask_for_a_path(profiles, environment):
    real = Lab.on_profiles(Choices("company-registry", "company-workload", base="stand-in"))
    prepare(real, "cross-account")
    try:
        decision = real.explain(real.workload.session, "test-another-account", "lambda-another-account")
        assert not decision.allowed
    finally:
        clean_up(real)
