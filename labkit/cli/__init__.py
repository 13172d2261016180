"""The command line: its commands, the installation, JupyterLab, the project's checks."""
