"""Plots: the figures as text, the picture with its alternative text, and that nothing is said while it is drawn."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from labkit.ground.home import inspect_home
from labkit.growth import company
from labkit.growth.heat_map import landscape
from labkit.show import plots
from labkit.show.table import Table

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def own_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "lab"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))


@pytest.fixture(scope="module")
def months():
    return company.history()


def test_the_text_of_the_size_plot_says_where_ecr_refuses(months):
    over = company.refused_from(months, "by account")
    text = repr(plots.size_plot(months))
    assert f"from month {over.number} on, with {over.accounts} accounts" in text
    assert f"{months[-1].sizes['by account']:,}" in text


def test_a_plot_of_months_without_a_refusal_does_not_speak_of_one(months):
    assert "longer than ECR takes" not in repr(plots.size_plot(months[:12]))


def test_the_text_of_the_change_plot_has_a_row_for_each_half_year(months):
    rows = repr(plots.change_plot(months)).splitlines()
    assert [row.split()[0] for row in rows[3:]] == ["0", "6", "12", "18", "24", "30", "36"]
    assert rows[-1].split()[2] == str(months[-1].changes["by account"])


def test_the_text_of_the_heat_map_names_every_team_and_the_kinds_that_admit_nobody():
    seen = landscape()
    text = repr(plots.heat_map(seen))
    assert all(f"\n{team} " in text for team in seen.teams)
    assert "nobody can: no policy, one statement only, a path without end." in text


@pytest.mark.usefixtures("own_environment")
def test_every_picture_is_a_png_with_the_same_alternative_text_and_no_script(months):
    for plot in (plots.size_plot(months), plots.change_plot(months), plots.heat_map(landscape())):
        assert plot.png.startswith(PNG)
        assert f'alt="{plot.alt}"' in plot.html()
        assert plot.figures._repr_html_() in plot.html()
        assert "<script" not in plot.html()


@pytest.mark.usefixtures("own_environment")
def test_a_picture_is_the_same_when_it_is_drawn_again(months):
    assert plots.size_plot(months).png == plots.size_plot(months).png


def test_texts_of_a_plot_are_escaped():
    plot = plots.Plot(Table(["<b>"], [["<b>1</b>"]]), '"a" < b', lambda figure: None, (1, 1))
    plot.__dict__["png"] = PNG
    assert "<b>" not in plot.html()
    assert 'alt="&quot;a&quot; &lt; b"' in plot.html()


@pytest.mark.usefixtures("own_environment")
def test_the_names_of_kinds_below_the_heat_map_do_not_touch():
    figure_class, _settings = plots._matplotlib()
    figure = figure_class(figsize=(8.2, 4.8), dpi=120, layout="constrained")
    plots._squares(figure, landscape())
    figure.draw_without_rendering()
    [axes] = figure.axes
    labels = axes.get_xticklabels()
    places = [axes.transData.transform((tick, 0))[0] for tick in axes.get_xticks()]
    for label, left, right in zip(labels, places, places[1:], strict=False):
        height = label.get_fontsize() * figure.dpi / 72
        assert (right - left) * math.sin(math.radians(label.get_rotation())) > 1.25 * height


def test_labels_keep_their_distance_and_their_order():
    assert plots._apart([0, 100, 1], 10) == [0, 100, 10]


def test_matplotlib_is_loaded_for_a_picture_only_and_keeps_its_files_in_the_lab_home_without_a_word(tmp_path):
    program = (
        "import sys; from labkit import growth; from labkit.show import plots\n"
        "plot = plots.change_plot(growth.history()); repr(plot)\n"
        "assert 'matplotlib' not in sys.modules and 'numpy' not in sys.modules\n"
        "plot.png"
    )
    home = tmp_path / "lab"
    kept = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**kept, "LABKIT_HOME": str(home)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list((home / "matplotlib").glob("fontlist*"))
    assert inspect_home(home).marker.exists()
