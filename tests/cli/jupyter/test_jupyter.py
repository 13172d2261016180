"""The lab's JupyterLab: what it is configured to be, and that it really is so."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from labkit.cli.jupyter import server
from labkit.cli.jupyter.settings import JupyterSettings
from labkit.errors import LabError, UsageError


def settings_for(folder: Path, port: int = 8888) -> JupyterSettings:
    return JupyterSettings(folder / "jupyter", folder, "notebooks/00-start.ipynb", port, browser=False)


def test_it_listens_on_loopback_only_and_wants_its_token(tmp_path):
    config = settings_for(tmp_path).files()["config/jupyter_server_config.json"]
    assert config["ServerApp"]["ip"] == "127.0.0.1"
    assert config["ServerApp"]["allow_remote_access"] is False
    assert len(config["IdentityProvider"]["token"]) >= 32


def test_every_start_has_another_token(tmp_path):
    assert settings_for(tmp_path).token != settings_for(tmp_path).token


def test_the_token_is_not_in_what_a_program_shows_of_the_settings(tmp_path):
    settings = settings_for(tmp_path)
    assert settings.token not in repr(settings)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_what_it_writes_is_for_the_owner_only(tmp_path, request):
    settings = settings_for(tmp_path)
    request.addfinalizer(lambda: shutil.rmtree(settings.runtime))
    settings.write()
    written = [path for path in settings.folder.rglob("*") if path.is_file()]
    assert written
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert stat.S_IMODE(settings.folder.stat().st_mode) == 0o700


def test_neither_news_nor_updates_nor_extensions_are_asked_for(tmp_path):
    files = settings_for(tmp_path).files()
    overrides = files["config/labconfig/default_setting_overrides.json"]
    notifications = overrides["@jupyterlab/apputils-extension:notification"]
    assert notifications == {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    assert overrides["@jupyterlab/extensionmanager-extension:plugin"] == {"enabled": False}
    assert files["config/jupyter_lab_config.json"]["LabApp"]["extension_manager"] == "readonly"


def test_every_folder_that_jupyter_and_ipython_use_is_the_labs():
    folders = settings_for(Path("/l")).variables()
    assert all(value.startswith("/l/jupyter/") for value in folders.values() if value)
    assert {"JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"} <= folders.keys()


def test_a_port_in_use_is_refused_with_a_sentence_when_it_was_asked_for():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use; take another one"):
            server.choose_port(port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(UsageError, match="is not a port"):
        server.choose_port(port)


def test_without_a_wish_the_next_free_port_is_taken(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(server, "FIRST_PORT", taken.getsockname()[1])
        assert server.choose_port(None) > taken.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_cannot_start_is_one_sentence_with_its_last_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        started = server.start(
            settings_for(tmp_path, taken.getsockname()[1]), dict(os.environ), tmp_path / "jupyter.log"
        )
        try:
            with pytest.raises(LabError, match="JupyterLab did not start"):
                started.wait_until_it_answers()
        finally:
            started.stop()


def test_it_starts_answers_with_its_token_and_leaves_no_process_behind(tmp_path):
    (tmp_path / "notebooks").mkdir()
    settings = settings_for(tmp_path, free_port())
    started = server.start(settings, dict(os.environ), tmp_path / "jupyter.log")
    try:
        started.wait_until_it_answers()

        def ask(path: str, body: bytes | None = None) -> bytes:
            url = f"http://127.0.0.1:{settings.port}{path}"
            request = urllib.request.Request(url, data=body, headers={"Authorization": f"token {settings.token}"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()

        assert b"jupyter-config-data" in ask("/lab")
        assert list(json.loads(ask("/api/kernelspecs"))["kernelspecs"]) == ["python3"]
        ask("/api/kernels", b"{}")
        ask("/api/terminals", b"{}")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/api/kernels", timeout=30)
        family = psutil.Process(started.process.pid).children(recursive=True)
        listening = psutil.Process(started.process.pid).net_connections("inet")
        assert {address.laddr.ip for address in listening if address.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    finally:
        started.stop()
    assert len(family) >= 2
    assert [process for process in family if process.is_running()] == []
    assert settings.token not in (tmp_path / "jupyter.log").read_text()
