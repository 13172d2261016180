"""Which browser is driven, and how."""

from __future__ import annotations

import os

from labkit.cli.jupyter import chromium


def program(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_of_the_known_names_on_the_path_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "google-chrome")
    expected = program(tmp_path, "chromium-browser")
    assert chromium.find() == expected


def test_a_browser_of_macos_is_found_where_applications_are(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(chromium, "_MACOS", (tmp_path / "no", tmp_path))
    assert chromium.find() == str(tmp_path)


def test_without_any_there_is_none(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(chromium, "_MACOS", ())
    assert chromium.find() == ""


def test_only_root_goes_without_the_sandbox(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "--no-sandbox" not in chromium.arguments()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--no-sandbox" in chromium.arguments()
