"""Views are loaded one by one, and ipywidgets not before one is drawn."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import labkit
from tests.house.source import imports_inside, modules, within

FOLDERS = ("editor", "form", "matrix", "organization", "scenario_steps", "what_if")
VIEWS = ("access_matrix", "lab_form", "organization_map", "policy_editor", "scenario_steps", "what_if")
LOADED = "import json, sys\nfrom labkit import {}\nprint(json.dumps(sorted(sys.modules)))"


def folder_of(view):
    return labkit.EXPORTS[view].partition(":")[0].removeprefix("labkit.show.")


def test_each_folder_has_one_view():
    assert sorted(map(folder_of, VIEWS)) == sorted(FOLDERS)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_loads_no_other_view_and_no_widget_before_it_is_drawn(view):
    done = subprocess.run([sys.executable, "-c", LOADED.format(view)], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    folders = [folder for folder in FOLDERS if any(within(each, f"labkit.show.{folder}") for each in loaded)]
    assert folders == [folder_of(view)]
    assert not {"ipywidgets", "IPython", "matplotlib", f"labkit.show.{folder_of(view)}.widget"} & set(loaded)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_model_does_not_know_its_widget(folder):
    places = {name: path for name, path in modules().items() if within(name, f"show.{folder}")}
    knowing = [name for name, path in places.items() if f"show.{folder}.widget" in imports_inside(path)]
    assert knowing == [f"show.{folder}"]
    assert f"show.{folder}.model" in imports_inside(places[f"show.{folder}.widget"])
