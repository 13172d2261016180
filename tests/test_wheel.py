"""labkit as a package: what the wheel has, and what it does in a Python where nothing else is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from email import message_from_bytes
from email.message import Message
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from labkit.pull import policies

pytestmark = pytest.mark.slow


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build the wheel or the sdist, with what is installed and nothing from an index."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=120)
    [built] = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(require, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    require("wheel", find_spec("hatchling"), "needs hatchling, which is not installed")
    return build("wheel", root, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    """The names of the wheel's files."""
    return set(ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The wheel's METADATA."""
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that has the wheel and pip, and has asked no index."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=300)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    command = [programs / "python", "-m", "pip", "install", "--no-index", "--quiet", wheel]
    subprocess.run(command, check=True, timeout=300)
    return programs


@pytest.fixture
def labkit(installed: Path, tmp_path: Path):
    """Runs the program ``labkit`` in an empty folder, with an empty home and no network to speak of."""
    (tmp_path / "policy.json").write_text(json.dumps(policies.same_account()))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LAB", "PYTHON", "AWS_"))}
    environment = {**clean, "HOME": str(tmp_path / "home"), "HTTPS_PROXY": "http://127.0.0.1:9"}

    def run(*arguments: str, program: str = "labkit") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [installed / program, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in done.stderr
        return done

    return run


def test_the_wheel_requires_nothing_and_its_extras_bring_what_the_tests_have_seen(metadata, root):
    required = metadata.get_all("Requires-Dist")
    assert metadata.get_all("Provides-Extra") == ["lab", "live"]
    assert [each for each in required if "extra ==" not in each] == []
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    assert len([each for each in required if each.endswith("extra == 'lab'")]) == len(lines)
    assert [each.partition(">")[0] for each in required if each.endswith("extra == 'live'")] == ["boto3"]


def test_the_wheel_has_the_notebooks_the_image_and_the_notices_that_it_owes(contents, root):
    notebooks = {f"labkit/data/notebooks/{path.name}" for path in (root / "notebooks").glob("*.ipynb")}
    assert notebooks <= contents
    assert {"labkit/data/lambda_image/Dockerfile", "labkit/data/lambda_image/lambda_function.py"} <= contents
    assert {name.rpartition("licenses/")[2] for name in contents if "licenses/" in name} == {
        "LICENSE",
        "docs/notices.txt",
    }


def test_the_wheel_has_every_file_of_the_package_and_nothing_of_the_workshop(contents, root):
    files = [path.relative_to(root) for path in (root / "labkit").rglob("*") if path.is_file()]
    assert {path.as_posix() for path in files if path.suffix != ".pyc"} <= contents
    assert [
        name for name in contents if name.startswith("tests") or "__pycache__" in name or "checkpoint" in name
    ] == []


def test_the_notices_name_every_source_of_data(root):
    said = (root / "docs" / "notices.txt").read_text("utf-8")
    table = json.loads((root / "labkit" / "iam" / "action_table" / "table.json").read_text("utf-8"))
    assert [
        f"{name} {source['version']}"
        for name, source in table["sources"].items()
        if f"{name} {source['version']}" not in said
    ] == []
    assert "moto" in said


def test_the_sdist_makes_the_same_wheel(wheel, contents, root, tmp_path):
    with tarfile.open(build("sdist", root, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.glob("labkit-*")
    assert set(ZipFile(build("wheel", source, tmp_path / "wheel")).namelist()) == contents


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("policy same-account", "lambda.amazonaws.com"),
        ("check policy.json", "read as an ECR repository policy"),
        (
            "explain --principal lambda.amazonaws.com --action ecr:BatchGetImage --resource-policy policy.json"
            " --resource arn:aws:ecr:eu-central-1:813835382529:repository/r",
            "✓ Allowed",
        ),
        (
            "pull 813835382529.dkr.ecr.eu-central-1.amazonaws.com/r:1 --function-account 813835382529"
            " --repository-policy policy.json",
            "Lambda: is let in",
        ),
        ("--version", "labkit "),
    ],
)
def test_what_needs_nothing_runs_from_the_wheel_as_it_is_and_leaves_nothing(labkit, tmp_path, line, said):
    done = labkit(*line.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["policy.json"]


@pytest.mark.parametrize(
    ("command", "said"),
    [("lab", "pip install 'labkit[lab]'"), ("run", "pip install 'labkit[lab]'"), ("test", "in a checkout")],
)
def test_a_command_without_its_extra_says_in_one_sentence_what_to_do(labkit, tmp_path, command, said):
    done = labkit(command)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert said in done.stderr
    assert not (tmp_path / "home").exists()


def test_the_lab_home_of_an_installed_labkit_is_the_user_s_own(labkit, tmp_path):
    program = "from labkit.ground.home import home_path; print(home_path())"
    done = labkit("-c", program, program="python")
    assert done.stdout.strip() == str(tmp_path / "home" / ".local" / "state" / "labkit")
