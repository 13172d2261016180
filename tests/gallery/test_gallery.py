"""The gallery: what the lab really does, as pages that need nothing but themselves, the same each time."""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest

from labkit.cli import main
from labkit.errors import LabError
from labkit.gallery.making import gallery
from labkit.gallery.redaction import pages, redacted_site, redactor_of_the_lab
from labkit.scenarios import SCENARIOS
from tests.gallery.small_project import PICTURE, make, write_notebook


def page(site, name):
    return site[f"{name}.html"].decode()


def test_there_is_a_page_for_each_notebook_and_scenario_and_what_they_show(site):
    notebooks = {"00-start-here.html", "01-refused.html", "glossary.html"}
    assert site.keys() == {
        "index.html",
        "style.css",
        "images/refusal.png",
        *notebooks,
        *(f"scenario-{name}.html" for name in SCENARIOS),
    }
    assert site["images/refusal.png"] == PICTURE


def test_the_first_page_says_what_happens_where_and_how_long_it_takes(site):
    rows = re.findall(r"<tr>(.*?)</tr>", page(site, "index"))
    assert '<td><a href="00-start-here.html">00 Start here</a></td><td>choose</td><td>5</td>' in rows
    assert '<td><a href="01-refused.html">01 Refused</a></td><td>a refusal &amp; its reasons</td><td>15</td>' in rows
    assert '<a href="glossary.html">Glossary</a>' in page(site, "index")
    assert all(f'<a href="scenario-{name}.html">{name}</a>' in page(site, "index") for name in SCENARIOS)


def test_the_notebooks_show_what_the_lab_answers_now(site):
    refused = page(site, "01-refused")
    assert "the caller" in refused.lower()
    assert "There is no resource-based policy, and one would have to allow it." in refused
    assert "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-another-account:0.0.1" in refused


def test_widgets_are_drawn_without_a_program(site):
    refused = page(site, "01-refused")
    assert "ou-lab1-workloads" in refused
    assert "widget-view" not in refused


def test_what_a_cell_prints_is_text_and_what_is_for_nbval_is_not_shown(site):
    refused = page(site, "01-refused")
    assert "&lt;b&gt;not bold&lt;/b&gt; &amp; not an entity" in refused
    assert "NBVAL" not in refused


def test_ports_and_folders_are_not_shown(site):
    assert "the embedded AWS at http://127.0.0.1:PORT .labkit" in page(site, "00-start-here")


def test_no_page_has_a_script_or_asks_for_anything_but_what_is_beside_it(site):
    for name, text in pages(site).items():
        assert "<script" not in text, name
        assert "@import" not in text, name
        asked = re.findall(r'(?:\bsrc|<link[^>]*\bhref)="([^"]*)"', text)
        assert {urlsplit(each).scheme for each in asked} <= {"", "data"}, name
    assert "url(" not in site["style.css"].decode()


def test_every_link_leads_to_a_page_and_a_place_on_it(site):
    for name, text in pages(site).items():
        for to in map(unescape, re.findall(r'\bhref="([^"]*)"', text)):
            target = urlsplit(to)
            if target.scheme:
                continue
            there = str(PurePosixPath(unquote(target.path or name)))
            assert there in site, (name, to)
            if target.fragment:
                assert f'id="{unquote(target.fragment)}"' in unescape(site[there].decode()), (name, to)


def test_two_places_on_a_page_have_two_names(site):
    for name, text in pages(site).items():
        ids = re.findall(r'\bid="([^"]*)"', text)
        assert len(ids) == len(set(ids)), name


def test_galleries_of_two_labs_are_the_same_byte_for_byte(site, project):
    assert make(project) == site


def test_a_redacted_gallery_has_none_of_the_labs_numbers_and_ids_in_its_pages(site):
    redactor = redactor_of_the_lab(pages(site).values())
    after = redacted_site(redactor, site)
    assert after.keys() == site.keys()
    assert len(redactor.mapping["account"]) >= 6
    for text in pages(after).values():
        plain = unescape(re.sub(r"<[^>]*>", "", text))
        for kind in ("account", "organization"):
            assert not [each for each in redactor.mapping[kind] if each in text or each in plain]
        assert not [unit for unit in redactor.mapping["unit"] if f"-{unit}" in plain]
        assert "8138-3538-2529" not in text


def test_a_notebook_that_fails_is_one_sentence_and_leaves_the_earlier_gallery(
    tmp_path, monkeypatch, environment, root, capsys
):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "labkit").symlink_to(root / "labkit")
    write_notebook(tmp_path / "notebooks" / "00-start-here.ipynb", ["# Start"], ["1 / 0"])
    monkeypatch.setattr("labkit.ground.project.CONTENT", str(tmp_path))
    assert main.main(["gallery", str(tmp_path / "site")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == "labkit: The notebook 00-start-here.ipynb stops: ZeroDivisionError: division by zero"
    assert not (tmp_path / "site").exists()


def test_a_copy_without_notebooks_is_said_to_be_incomplete(tmp_path):
    with pytest.raises(LabError, match="There are no notebooks in"):
        gallery(tmp_path, lambda _text: pytest.fail("nothing is to be done"))


def test_a_folder_of_somebody_else_is_refused_before_anything_is_done(tmp_path, capsys):
    (tmp_path / "thesis.html").touch()
    assert main.main(["gallery", str(tmp_path)]) == 2
    assert "Name a new or an empty folder." in capsys.readouterr().err


def test_the_command_writes_the_gallery_and_leaves_the_users_lab_alone(
    project, tmp_path, monkeypatch, environment, capsys, site
):
    home = tmp_path / "home"
    monkeypatch.setenv("LABKIT_HOME", str(home))
    monkeypatch.setattr("labkit.ground.project.CONTENT", str(project))
    monkeypatch.setattr("labkit.gallery.making.gallery", lambda _root, _step: dict(site))
    assert main.main(["gallery", str(tmp_path / "site"), "--redact"]) == 0
    first = tmp_path / "site" / "index.html"
    assert capsys.readouterr().out == f"The gallery is written: open {first}\n"
    assert "813835382529" not in (tmp_path / "site" / "01-refused.html").read_text()
    assert not home.exists()
    assert os.environ["LABKIT_HOME"] == str(home)
