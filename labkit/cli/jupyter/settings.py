"""Configuration of the lab's JupyterLab, written into ``<home>/jupyter`` before every start.

Nothing of the user's ``~/.jupyter`` or ``~/.ipython`` is read or written. The server listens on loopback only. Nothing
asks the network: the news prompt goes away only by an overrides file, the switches of the application are not enough.

Kernels are reached through sockets in the runtime folder instead of TCP ports, which other users of the machine could
connect to.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from labkit.ground.files import runtime_folder, write_atomically

_OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    # All cells of a notebook stand in the page: these are short, and so nothing jumps or goes blank as one scrolls.
    # Long lines of code are wrapped, so that they can be read on a projector and at 200 %.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "codeCellConfig": {"lineWrap": True}},
    # A saved notebook shows its widgets when it is opened again, and not that their kernel has gone.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}

# Links in text have an underline, since a colour alone is not seen by everybody.
_STYLE = "body .jp-RenderedHTMLCommon a:any-link:not(.jp-InternalAnchorLink) { text-decoration: underline }\n"

# Language servers: the lab has none, so JupyterLab need not ask its server for them, and complain that it has none.
_LEFT_OUT = (
    "@jupyterlab/lsp-extension",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/fileeditor-extension:language-server",
)


@dataclass(frozen=True)
class JupyterSettings:
    """One start of JupyterLab: the files' ``folder``, the served ``root``, the ``notebook`` to open, its ``port``."""

    folder: Path
    root: Path
    notebook: str
    port: int
    browser: bool
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    @cached_property
    def runtime(self) -> Path:
        """Where connection files and sockets go; see `labkit.ground.files.runtime_folder`."""
        return runtime_folder(self.folder)

    def write(self) -> None:
        """Write every file; those with the token are readable for the owner only. Raises OSError."""
        for folder in (self.folder, self.runtime):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        texts = {name: json.dumps(content, indent=1) + "\n" for name, content in self.files().items()}
        for name, text in {**texts, "config/custom/custom.css": _STYLE}.items():
            path = self.folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(path, text.encode(), 0o600)

    def files(self) -> dict[str, dict[str, Any]]:
        """The JSON files by their path below ``folder``."""
        return {
            "config/jupyter_server_config.json": self._server(),
            "config/jupyter_lab_config.json": {"LabApp": _LAB},
            "config/labconfig/default_setting_overrides.json": _OVERRIDES,
            "config/labconfig/page_config.json": {"disabledExtensions": dict.fromkeys(_LEFT_OUT, True)},
            "share/kernels/python3/kernel.json": _kernel(self.root),
        }

    def variables(self) -> Mapping[str, str]:
        """The environment variables that make Jupyter and IPython use this folder and no other."""
        return {
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_CONFIG_PATH": "",
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "JUPYTER_PATH": str(self.folder / "share"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces"),
            "IPYTHONDIR": str(self.folder / "ipython"),
        }

    def _server(self) -> dict[str, Any]:
        return {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": self.port,
                "port_retries": 0,
                "allow_remote_access": False,
                "allow_root": True,
                "open_browser": self.browser,
                "root_dir": str(self.root),
                "terminado_settings": _terminal(),
                "jpserver_extensions": {"jupyter_lsp": False, "jupyterlab": True},
            },
            "IdentityProvider": {"token": self.token},
            "KernelSpecManager": {"allowed_kernelspecs": ["python3"]},
            "KernelManager": {"transport": "tcp" if os.name == "nt" else "ipc"},
        }


_LAB = {
    "custom_css": True,
    "news_url": None,
    "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "extension_manager": "readonly",
}


def _terminal() -> dict[str, Any]:
    """No login shell, which is the default: /etc/profile would take the lab's tools off PATH again."""
    return {} if os.name == "nt" else {"shell_command": [os.environ.get("SHELL") or "/bin/sh"]}


def _kernel(root: Path) -> dict[str, Any]:
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Lab (Python 3)",
        "language": "python",
        "metadata": {"debugger": True},
        "env": {"PYTHONPATH": str(root)},
    }
