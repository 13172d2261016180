"""What tests of single commands share."""

from __future__ import annotations

import json
import shlex

import pytest

from labkit.cli.main import main


@pytest.fixture
def ask(capsys, tmp_path, monkeypatch):
    """Run the command line in a folder of its own; answers exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(line: str, **files: object) -> tuple[int, str, str]:
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(
                content if isinstance(content, str) else json.dumps(content), "utf-8"
            )
        code = main(shlex.split(line))
        return code, *capsys.readouterr()

    return run
