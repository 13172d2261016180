"""What a notebook shows of an error: one sentence for the lab's own, a traceback for all others; in a real kernel."""

from __future__ import annotations

import os
import signal

import nbformat
import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError
from nbclient import NotebookClient

import labkit.embedded.process.client as embedded
from labkit.errors import LabError, UsageError
from labkit.lab.notebook_errors import GONE, sentence
from labkit.show.messages import failure

HERE = "http://127.0.0.1:41000"

SETUP = "import boto3\nfrom labkit.lab.choosing import choose\nfrom labkit.lab.lab import Lab\nlab = Lab.open()"
CALL = 'boto3.Session(profile_name="workload").client("sts").get_caller_identity()["Account"]'


@pytest.fixture
def at_home(monkeypatch):
    monkeypatch.setenv("LAB_REGISTRY", "127.0.0.1:41000")


@pytest.mark.usefixtures("at_home")
def test_a_connection_to_the_lab_that_fails_means_that_the_embedded_aws_has_gone():
    unreachable = EndpointConnectionError(endpoint_url=f"{HERE}/", error="refused")
    request = requests.Request("GET", f"{HERE}/v2/").prepare()
    assert sentence(unreachable) == GONE
    assert sentence(requests.ConnectionError(request=request)) == GONE
    assert failure(unreachable).text == GONE  # what a view says after a press


@pytest.mark.usefixtures("at_home")
def test_an_error_of_the_lab_that_was_raised_for_such_a_connection_says_the_same():
    try:
        try:
            raise EndpointConnectionError(endpoint_url=HERE, error="refused")
        except EndpointConnectionError:
            raise LabError("AWS cannot be reached.") from None
    except LabError as error:
        assert sentence(error) == GONE


@pytest.mark.usefixtures("at_home")
def test_other_errors_of_the_lab_are_their_own_sentence():
    assert sentence(UsageError("Write it without dashes.")) == "Write it without dashes."


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://sts.eu-central-1.amazonaws.com", error="refused"),
        requests.ConnectionError("somewhere"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateFunction"),
        ValueError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_not_the_labs_keeps_its_traceback(error):
    assert sentence(error) is None


def test_without_an_embedded_aws_no_connection_is_the_labs(monkeypatch):
    monkeypatch.delenv("LAB_REGISTRY", raising=False)
    assert sentence(EndpointConnectionError(endpoint_url=HERE, error="refused")) is None


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Runs cells in a kernel on a lab of its own; what each of them shows of an error, or else its result."""
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "lab"))

    def run(*cells):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        # Far longer than any start of the embedded AWS takes: only a cell that never ends is to end here.
        NotebookClient(book, timeout=1800, kernel_name="python3", allow_errors=True).execute()
        return [cell.outputs[0] if cell.outputs else None for cell in book.cells]

    yield run
    embedded.stop(tmp_path / "lab")


def test_in_a_kernel_the_lab_speaks_in_sentences_and_the_setup_cell_brings_a_killed_aws_back(shown):
    kill = f"import os\nfrom labkit.embedded.process.client import status\nos.kill(status().pid, {int(signal.SIGKILL)})"
    _, first, _, gone, asked, _, back, wrong, bug = shown(
        SETUP, CALL, kill, CALL, "lab.explain(lab.workload.session, 'f', 'r')", SETUP, CALL, 'choose(region="x")', "1/0"
    )
    assert first.data["text/plain"] == back.data["text/plain"] == "'592444418872'"
    assert (gone.output_type, gone.traceback) == ("error", [GONE])
    assert asked.traceback == [GONE]
    assert len(wrong.traceback) == 1
    assert "'x'" in wrong.traceback[0]
    assert len(bug.traceback) > 1


def test_with_labkit_debug_the_traceback_is_shown(shown, monkeypatch):
    monkeypatch.setitem(os.environ, "LABKIT_DEBUG", "1")
    _, wrong = shown(SETUP, 'choose(region="x")')
    assert len(wrong.traceback) > 1
